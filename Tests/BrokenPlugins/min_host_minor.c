/* Needs a newer host, and says so in stamp and descriptor. */
#define FX_MIN_HOST_MINOR 9
#define FX_STAMP "abi=0.0;min=9;id=org.example.broken;version=1.0.0;runtime=c"
#include "fixture.h"
__attribute__((constructor)) static void fx_run(void) { __builtin_trap(); }
