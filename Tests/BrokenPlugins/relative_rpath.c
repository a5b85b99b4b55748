/* Healthy code, linked with -rpath lib: which library it gets depends on the current directory. */
#include "fixture.h"
