/* Accepts by schema what its own validate refuses. */
#define FX_DECLARATIONS static llmp_status_t fx_validate(llmp_str_t config_json, llmp_err_t *e);
#define FX_COMPONENT_EXTRA .validate = fx_validate
#include "fixture.h"
static llmp_status_t fx_validate(llmp_str_t config_json, llmp_err_t *e) {
  (void)config_json;
  fx_say(e, "the window must divide a minute");
  return LLMP_E_INVALID;
}
