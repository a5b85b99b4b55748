/* The id has a length but no pointer. */
#define FX_ID_SLICE { 0, 18 }
#include "fixture.h"
