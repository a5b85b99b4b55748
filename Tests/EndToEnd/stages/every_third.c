/* A rate limiter of another kind: lets every third request through and answers 429 to the others. */
#define NAME "every-third"
#include "stage.h"
#include <stdatomic.h>

static atomic_uint seen;

HOOK(limit) {
  UNUSED;
  if (atomic_fetch_add(&seen, 1) % 3 == 0) return LLMP_CONTINUE;
  host->req->respond_error(r, 429, STR("requests"), STR("not_the_third"), STR("Only every third request is served"));
  return LLMP_RESPOND;
}

STAGE(.request_headers = limit)
