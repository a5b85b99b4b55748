/* Provides a key that looks like one of the header and is none. */
#define FX_DECLARATIONS static const llmp_str_t fx_provides[] = { LLMP_LIT("llmp.projct_id") };
#define FX_COMPONENT_EXTRA .provides = fx_provides, .n_provides = 1
#include "fixture.h"
