/* Calls a function that no library defines; found when it is loaded, not in the middle of a request. */
#define FX_OWN_HOOK
#include "fixture.h"
extern int a_function_nobody_defines(void);
static llmp_verdict_t fx_request_headers(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) {
  (void)inst; (void)r; (void)slot; (void)e;
  return (llmp_verdict_t)a_function_nobody_defines();
}
