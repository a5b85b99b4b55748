/* A kind that no header defines. */
#define FX_KIND 99
#include "fixture.h"
