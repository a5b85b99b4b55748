/* Claims the Go runtime: accepted, with a warning. */
#define FX_RUNTIME "go"
#define FX_STAMP "abi=0.0;min=0;id=org.example.broken;version=1.0.0;runtime=go"
#include "fixture.h"
