/* The stamp is a sentence instead of key=value pairs. */
#define FX_STAMP "written by hand"
#include "fixture.h"
