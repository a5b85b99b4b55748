/* Blocks the event loop for 40 ms in every hook, against rule R6. */
#include <time.h>
#define FX_OWN_HOOK
#include "fixture.h"
static llmp_verdict_t fx_request_headers(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) {
  struct timespec pause = { 0, 40 * 1000 * 1000 };
  (void)inst; (void)r; (void)slot; (void)e;
  nanosleep(&pause, 0);
  return LLMP_CONTINUE;
}
