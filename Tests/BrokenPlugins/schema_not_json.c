/* The schema is not JSON. */
#define FX_SCHEMA "{\"type\": \"object\","
#include "fixture.h"
