/* Writes where nothing may be written: unknown maps, the provider's answer, bytes that break framing. Replies
 * 299 when the host lets it. */
#define FX_OWN_HOOK
#include "fixture.h"
static llmp_verdict_t fx_request_headers(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) {
  llmp_str_t name = LLMP_LIT("x-injected"), good = LLMP_LIT("1"), bad = LLMP_LIT("1\r\nx-smuggled: 1");
  llmp_str_t odd = LLMP_LIT("x y"), body = LLMP_LIT("the host let a stage write what breaks framing");
  (void)inst; (void)slot; (void)e;
  if (fx_host->req->hdr_set(r, (llmp_map_t)77, name, good) == LLMP_OK
      || fx_host->req->hdr_set(r, LLMP_MAP_UPSTREAM_RESPONSE, name, good) == LLMP_OK
      || fx_host->req->hdr_set(r, LLMP_MAP_RESPONSE, name, bad) == LLMP_OK
      || fx_host->req->hdr_add(r, LLMP_MAP_UPSTREAM_REQUEST, odd, good) == LLMP_OK) {
    fx_host->req->respond(r, 299, 0, 0, body);
    return LLMP_RESPOND;
  }
  return LLMP_CONTINUE;
}
