/* Keeps the request handle of one exchange and uses it in the next. Replies 299 when the host answers such a
 * handle with anything but LLMP_E_STATE. Send two requests on one connection, one after the other. */
#define FX_OWN_HOOK
#define FX_HOOKS .request_headers = fx_request_headers
#include "fixture.h"
static llmp_verdict_t fx_request_headers(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) {
  static llmp_req_t *kept;
  llmp_req_t *stale = kept;
  llmp_str_t value, body = LLMP_LIT("the host answered a handle of a request that is over");
  (void)inst; (void)slot; (void)e;
  kept = r;
  if (stale != 0 && stale != r
      && fx_host->req->attr_get(stale, LLMP_ATTR_REQUEST_ID, &value) != LLMP_E_STATE) {
    fx_host->req->respond(r, 299, 0, 0, body);
    return LLMP_RESPOND;
  }
  return LLMP_CONTINUE;
}
