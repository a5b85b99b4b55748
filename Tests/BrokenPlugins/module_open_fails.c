/* module_open refuses. */
#define FX_DECLARATIONS static llmp_status_t fx_open(const llmp_host_t *h, void **state, llmp_err_t *e);
#define FX_MODULE_EXTRA .module_open = fx_open
#include "fixture.h"
static llmp_status_t fx_open(const llmp_host_t *h, void **state, llmp_err_t *e) {
  (void)h; (void)state;
  fx_say(e, "no licence file");
  return LLMP_E_NOT_FOUND;
}
