/* create refuses without a word. */
#define FX_OWN_CREATE
#include "fixture.h"
static llmp_status_t fx_create(const llmp_create_t *in, void **inst, llmp_err_t *e) {
  (void)in; (void)inst; (void)e;
  return LLMP_E_INTERNAL;
}
