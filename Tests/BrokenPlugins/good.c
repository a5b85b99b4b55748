/* Nothing is wrong with this one; tests damage its file. */
#include "fixture.h"
