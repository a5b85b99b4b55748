/* Two components have the same name. */
#define FX_COMPONENTS &fx_component, &fx_component
#include "fixture.h"
