/* The component descriptor lacks its last fields. */
#define FX_COMPONENT_SIZE 120
#include "fixture.h"
