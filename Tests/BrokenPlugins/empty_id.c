/* The module has no id. */
#define FX_ID ""
#include "fixture.h"
