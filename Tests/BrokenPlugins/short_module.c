/* The module descriptor lacks its last fields. */
#define FX_MODULE_SIZE 136
#include "fixture.h"
