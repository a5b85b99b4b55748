/* Keeps a ref of one exchange and resumes it twice when that exchange is long over. The host answers
 * LLMP_E_STATE; replies 299 when it does not. Send two requests, one after the other. */
#define FX_OWN_HOOK
#include "fixture.h"
static llmp_verdict_t fx_request_headers(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) {
  static llmp_req_ref_t *kept;
  llmp_req_ref_t *late = kept;
  llmp_str_t body = LLMP_LIT("the host resumed a request that is over");
  (void)inst; (void)slot; (void)e;
  kept = fx_host->req->ref(r);
  if (late != 0) {
    llmp_status_t first = fx_host->req->resume(late, 1);
    llmp_status_t second = fx_host->req->resume(late, 2);
    fx_host->req->ref_release(late);
    if (first != LLMP_E_STATE || second != LLMP_E_STATE) {
      fx_host->req->respond(r, 299, 0, 0, body);
      return LLMP_RESPOND;
    }
  }
  return LLMP_CONTINUE;
}
