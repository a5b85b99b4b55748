/* A hook fails, with a text. */
#define FX_OWN_HOOK
#include "fixture.h"
static llmp_verdict_t fx_request_headers(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) {
  (void)inst; (void)r; (void)slot;
  fx_say(e, "the moon is in the wrong phase");
  return LLMP_ERROR;
}
