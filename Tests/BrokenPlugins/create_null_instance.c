/* create succeeds without an instance. Not a defect: a stage without state needs none. */
#define FX_OWN_CREATE
#include "fixture.h"
static llmp_status_t fx_create(const llmp_create_t *in, void **inst, llmp_err_t *e) {
  (void)in; (void)e;
  *inst = 0;
  return LLMP_OK;
}
