/* An adapter that asks the provider with METHOD, whatever the client's is. */
#define NAME "ask-with"
#include "stage.h"

static llmp_verdict_t prepare(void *inst, llmp_req_t *r, void **slot, const llmp_attempt_t *attempt, llmp_err_t *e) {
  UNUSED;
  (void)attempt;
  return host->req->attr_set(r, LLMP_ATTR_UPSTREAM_METHOD, STR(METHOD)) == LLMP_OK ? LLMP_CONTINUE : LLMP_ERROR;
}

ADAPTER(.prepare = prepare)
