/* No table of hooks. */
#define FX_VTABLE 0
#include "fixture.h"
