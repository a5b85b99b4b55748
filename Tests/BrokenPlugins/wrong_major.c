/* The descriptor was built with another ABI major than the symbol and the stamp say. */
#define FX_MAJOR 7
#include "fixture.h"
