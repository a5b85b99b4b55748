/* Needs a service that this host version does not serve. */
#define FX_DECLARATIONS static const llmp_str_t fx_services[] = { LLMP_LIT(LLMP_SVC_HTTP) };
#define FX_COMPONENT_EXTRA .services = fx_services, .n_services = 1
#include "fixture.h"
