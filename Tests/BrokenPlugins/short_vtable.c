/* The table of hooks lacks its last functions. */
#define FX_VTABLE_SIZE 16
#include "fixture.h"
