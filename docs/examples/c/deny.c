/* Refuses requests for models that have been retired. */
#include "llm_proxy_plugin.h"
#include <string.h>

LLMP_STAMP("abi=0.0;min=0;id=org.example.deny;version=1.0.0;runtime=c");
#define TEXT(s) ((llmp_str_t)LLMP_LIT(s))

static llmp_verdict_t request_body(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) {
  const llmp_request_api_t *req = ((const llmp_host_t *)inst)->req;
  llmp_str_t model;                                    /* lent, not NUL-terminated */
  (void)slot, (void)e;
  if (req->meta_get_str(r, LLMP_META_MODEL, &model) != LLMP_OK) return LLMP_CONTINUE;
  if (model.len < 7 || memcmp(model.ptr, "gpt-3.5", 7) != 0) return LLMP_CONTINUE;
  req->respond_error(r, 403, TEXT("invalid_request_error"), TEXT("model_not_allowed"),
                     TEXT("This model is retired."));
  return LLMP_RESPOND;
}
static llmp_status_t create(const llmp_create_t *in, void **inst, llmp_err_t *e) {
  *inst = (void *)in->host;                            /* all the state that this stage has */
  return (void)e, LLMP_OK;
}
static void destroy(void *inst) { (void)inst; }

static const llmp_middleware_t hooks = {.struct_size = sizeof hooks, .request_body = request_body};
static const llmp_str_t needs[] = {LLMP_LIT("llmp.model")};
static const llmp_component_t deny = {
    .struct_size = sizeof deny, .kind = LLMP_KIND_MIDDLEWARE, .name = LLMP_LIT("deny"),
    .consumes = needs, .n_consumes = 1, .vtable = &hooks, .create = create, .destroy = destroy};
static const llmp_component_t *const components[] = {&deny};
static const llmp_module_t module = {
    .struct_size = sizeof module, .abi_major = LLMP_ABI_MAJOR, .abi_minor = LLMP_ABI_MINOR,
    .id = LLMP_LIT("org.example.deny"), .version = LLMP_LIT("1.0.0"), .runtime = LLMP_LIT("c"),
    .n_components = 1, .components = components};

const llmp_module_t *llm_proxy_plugin_entry_v0(const llmp_loader_t *loader) {
  return loader != NULL && loader->abi_major == LLMP_ABI_MAJOR ? &module : NULL;
}
