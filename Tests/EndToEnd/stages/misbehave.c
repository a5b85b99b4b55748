/* Breaks one promise of the ABI, chosen when it is compiled; Tests/BrokenPlugins has the simpler ones. */
#define NAME "misbehave"
#include "stage.h"

#if defined(STREAM_VERDICT_IN_A_HEAD_HOOK)
HOOK(misbehave) { UNUSED; return LLMP_REPLACE; }
#elif defined(REPLY_TWICE)
HOOK(misbehave) {
  UNUSED;
  host->req->respond(r, 201, NULL, 0, STR("one"));
  host->req->respond(r, 202, NULL, 0, STR("two"));
  return LLMP_RESPOND;
}
#endif

#if defined(FAIL_IN_THE_STREAM)
static llmp_verdict_t on_sse(void *inst, llmp_req_t *r, void **slot, const llmp_sse_t *ev, llmp_out_t *out,
                             llmp_err_t *e) {
  UNUSED; (void)out;
  return ev->data.len > 0 && ev->data.ptr[0] == 'b' ? LLMP_ERROR : LLMP_CONTINUE;
}
STAGE(.response_sse = on_sse)
#else
STAGE(.request_headers = misbehave)
#endif
