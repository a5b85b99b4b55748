/* A kind that the header defines and this host version does not serve. */
#define FX_KIND LLMP_KIND_EVENT_SINK
#include "fixture.h"
