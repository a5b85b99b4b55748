/* Wants its hooks serialized, which this host version does not do. */
#define FX_FLAGS LLMP_COMP_SERIAL
#include "fixture.h"
