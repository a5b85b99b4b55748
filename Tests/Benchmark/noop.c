/* A stage that does nothing in four hooks: what a call costs, and nothing else. */
#include "llm_proxy_plugin.h"
#include <stddef.h>

LLMP_STAMP("abi=0.0;min=0;id=org.example.noop;version=1.0.0;runtime=c");
static llmp_verdict_t head(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) {
  return (void)inst, (void)r, (void)slot, (void)e, LLMP_CONTINUE;
}
static llmp_verdict_t end(void *inst, llmp_req_t *r, void **slot, llmp_out_t *out, llmp_err_t *e) {
  return (void)inst, (void)r, (void)slot, (void)out, (void)e, LLMP_CONTINUE;
}
static void done(void *inst, llmp_req_t *r, void **slot) { (void)inst, (void)r, (void)slot; }
static llmp_status_t create(const llmp_create_t *in, void **inst, llmp_err_t *e) {
  return (void)in, (void)inst, (void)e, LLMP_OK;
}
static void destroy(void *inst) { (void)inst; }

static const llmp_middleware_t hooks = {.struct_size = sizeof hooks, .request_headers = head,
    .response_headers = head, .response_end = end, .request_done = done};
static const llmp_component_t noop = {.struct_size = sizeof noop, .kind = LLMP_KIND_MIDDLEWARE,
    .name = LLMP_LIT("noop"), .vtable = &hooks, .create = create, .destroy = destroy};
static const llmp_component_t *const components[] = {&noop};
static const llmp_module_t module = {.struct_size = sizeof module, .abi_major = LLMP_ABI_MAJOR,
    .abi_minor = LLMP_ABI_MINOR, .id = LLMP_LIT("org.example.noop"), .version = LLMP_LIT("1.0.0"),
    .runtime = LLMP_LIT("c"), .n_components = 1, .components = components};

const llmp_module_t *llm_proxy_plugin_entry_v0(const llmp_loader_t *loader) {
  return loader != NULL && loader->abi_major == LLMP_ABI_MAJOR ? &module : NULL;
}
