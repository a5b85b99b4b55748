/* A hook returns a verdict that no header defines. */
#define FX_OWN_HOOK
#include "fixture.h"
static llmp_verdict_t fx_request_headers(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) {
  (void)inst; (void)r; (void)slot; (void)e;
  return (llmp_verdict_t)4711;
}
