/* Does not say who it is before it runs. */
#define FX_NO_STAMP
#include "fixture.h"
__attribute__((constructor)) static void fx_run(void) { __builtin_trap(); }
