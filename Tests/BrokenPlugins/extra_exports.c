/* Exports more than the entry symbol: the functions of its libraries may meet those of others. */
#include "fixture.h"
LLMP_EXPORT int json_object_get(void) { return 0; }
LLMP_EXPORT int helper(void) { return 1; }
