/* No way to end an instance. */
#define FX_DESTROY 0
#include "fixture.h"
