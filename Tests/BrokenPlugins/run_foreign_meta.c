/* Writes metadata keys that it does not list under provides. Replies 299 when the host lets it. */
#define FX_OWN_HOOK
#include "fixture.h"
static llmp_verdict_t fx_request_headers(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) {
  llmp_str_t stolen = LLMP_LIT("someone-elses-project");
  llmp_str_t body = LLMP_LIT("the host let a stage write a key it does not provide");
  (void)inst; (void)slot; (void)e;
  if (fx_host->req->meta_set_str(r, LLMP_META_PROJECT_ID, stolen) == LLMP_OK
      || fx_host->req->meta_set_i64(r, LLMP_META_COST_MICROS, -1) == LLMP_OK) {
    fx_host->req->respond(r, 299, 0, 0, body);
    return LLMP_RESPOND;
  }
  return LLMP_CONTINUE;
}
