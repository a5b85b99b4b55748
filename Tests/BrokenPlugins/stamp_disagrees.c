/* Stamp and descriptor name different modules. */
#define FX_STAMP "abi=0.0;min=0;id=org.example.other;version=1.0.0;runtime=c"
#include "fixture.h"
