/* create refuses and says why. */
#define FX_OWN_CREATE
#include "fixture.h"
static llmp_status_t fx_create(const llmp_create_t *in, void **inst, llmp_err_t *e) {
  (void)in; (void)inst;
  fx_say(e, "the list of models is empty");
  return LLMP_E_INVALID;
}
