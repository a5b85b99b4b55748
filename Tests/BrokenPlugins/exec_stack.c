/* Healthy code, linked with -z execstack. */
#include "fixture.h"
