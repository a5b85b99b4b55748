/* Changes what happens on SIGTERM while it makes an instance: the proxy could no longer be stopped. */
#include <signal.h>
#define FX_OWN_CREATE
#include "fixture.h"
static llmp_status_t fx_create(const llmp_create_t *in, void **inst, llmp_err_t *e) {
  (void)in; (void)inst; (void)e;
  signal(SIGTERM, SIG_IGN);
  return LLMP_OK;
}
