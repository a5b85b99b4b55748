/* The public header, compiled once so that its layout locks are checked by every build. */
#include "llm_proxy_plugin.h"

