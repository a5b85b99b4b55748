/* A table of hooks with nothing in it that the host would ever call. */
#define FX_HOOKS .flags = 0
#include "fixture.h"
