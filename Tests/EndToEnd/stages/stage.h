/* The parts that every C plugin of the end-to-end tests has in common: one module of one component.
 * It defines NAME (a string) and its hooks, then says STAGE(.request_headers = ...) or ADAPTER(.prepare = ...). */
#include <llm_proxy_plugin.h>

#define STR(s) ((llmp_str_t)LLMP_LIT(s))

static const llmp_host_t *host;

static llmp_status_t create(const llmp_create_t *in, void **inst, llmp_err_t *e) {
  (void)e;
  host = in->host;
  *inst = &host;
  return LLMP_OK;
}

static void destroy(void *inst) { (void)inst; }

#define MODULE(VTABLE, KIND, SUMMARY, ...)                                                         \
  LLMP_STAMP("abi=0.0;min=0;id=test." NAME ";version=1.0.0;runtime=c");                            \
  static const VTABLE table = {.struct_size = sizeof table, __VA_ARGS__};                          \
  static const llmp_component_t component = {.struct_size = sizeof component,                      \
                                             .kind = KIND,                                         \
                                             .name = LLMP_LIT(NAME),                               \
                                             .summary = LLMP_LIT(SUMMARY),                         \
                                             .vtable = &table,                                     \
                                             .create = create,                                     \
                                             .destroy = destroy};                                  \
  static const llmp_component_t *const components[] = {&component};                                \
  static const llmp_module_t module = {.struct_size = sizeof module,                               \
                                       .abi_major = LLMP_ABI_MAJOR,                                \
                                       .abi_minor = LLMP_ABI_MINOR,                                \
                                       .id = LLMP_LIT("test." NAME),                               \
                                       .version = LLMP_LIT("1.0.0"),                               \
                                       .runtime = LLMP_LIT("c"),                                   \
                                       .n_components = 1,                                          \
                                       .components = components};                                  \
  const llmp_module_t *llm_proxy_plugin_entry_v0(const llmp_loader_t *loader) {                    \
    (void)loader;                                                                                  \
    return &module;                                                                                \
  }

#define STAGE(...) MODULE(llmp_middleware_t, LLMP_KIND_MIDDLEWARE, "a stage of the tests", __VA_ARGS__)
#define ADAPTER(...) MODULE(llmp_provider_t, LLMP_KIND_PROVIDER, "an adapter of the tests", __VA_ARGS__)

#define HOOK(name) static llmp_verdict_t name(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e)
#define UNUSED (void)inst, (void)r, (void)slot, (void)e
