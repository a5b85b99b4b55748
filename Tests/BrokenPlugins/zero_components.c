/* The module holds nothing that could be used. */
#define FX_COMPONENT_COUNT 0
#include "fixture.h"
