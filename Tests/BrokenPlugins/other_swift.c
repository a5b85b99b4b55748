/* Claims the shared runtime of a Swift toolchain that is not the host's. */
#define FX_RUNTIME "swift-shared 5.9.2"
#define FX_STAMP "abi=0.0;min=0;id=org.example.broken;version=1.0.0;runtime=swift-shared 5.9.2"
#include "fixture.h"
__attribute__((constructor)) static void fx_run(void) { __builtin_trap(); }
