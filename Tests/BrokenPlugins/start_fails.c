/* start refuses, after everything was created. */
#define FX_DECLARATIONS static llmp_status_t fx_start(void *inst, llmp_err_t *e);
#define FX_COMPONENT_EXTRA .start = fx_start
#include "fixture.h"
static llmp_status_t fx_start(void *inst, llmp_err_t *e) {
  (void)inst;
  fx_say(e, "cannot start its worker");
  return LLMP_E_IO;
}
