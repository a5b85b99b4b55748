/* One entry of the component list is NULL. */
#define FX_COMPONENTS &fx_component, 0
#include "fixture.h"
