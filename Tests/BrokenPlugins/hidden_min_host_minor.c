/* Needs a newer host, but only the descriptor says so. */
#define FX_MIN_HOST_MINOR 9
#include "fixture.h"
