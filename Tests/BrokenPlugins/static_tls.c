/* Takes thread-local storage from the small static block (compiled with -ftls-model=initial-exec). */
#define FX_OWN_HOOK
#include "fixture.h"
static __thread llmp_verdict_t fx_last;
static llmp_verdict_t fx_request_headers(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) {
  (void)inst; (void)r; (void)slot; (void)e;
  fx_last += 5;
  return fx_last > 5 ? LLMP_CONTINUE : fx_last;
}
