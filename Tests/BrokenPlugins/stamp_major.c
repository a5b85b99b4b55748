/* The stamp admits another ABI major, so no code of it may run. */
#define FX_STAMP "abi=7.0;min=0;id=org.example.broken;version=1.0.0;runtime=c"
#include "fixture.h"
__attribute__((constructor)) static void fx_run(void) { __builtin_trap(); }
