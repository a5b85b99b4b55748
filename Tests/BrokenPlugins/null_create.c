/* No way to make an instance. */
#define FX_CREATE 0
#include "fixture.h"
