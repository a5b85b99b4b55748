/* The schema uses a keyword that this host does not check. */
#define FX_SCHEMA "{\"type\":\"object\",\"properties\":{\"limit\":{\"type\":\"integer\",\"minimun\":1}}}"
#include "fixture.h"
