/* The list of provided keys has a count but no pointer. */
#define FX_COMPONENT_EXTRA .n_provides = 2
#include "fixture.h"
