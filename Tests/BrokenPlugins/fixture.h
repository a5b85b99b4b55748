/* A healthy one-component plugin, of which each fixture spoils exactly one thing by defining a macro before it
 * includes this file. fixtures.json says which refusal each of them must meet. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "llm_proxy_plugin.h"

#ifndef FX_ID
#  define FX_ID "org.example.broken"
#endif
#ifndef FX_STAMP
#  define FX_STAMP "abi=0.0;min=0;id=org.example.broken;version=1.0.0;runtime=c"
#endif
#ifndef FX_NO_STAMP
LLMP_STAMP(FX_STAMP);
#endif
#ifndef FX_MAJOR
#  define FX_MAJOR LLMP_ABI_MAJOR
#endif
#ifndef FX_MIN_HOST_MINOR
#  define FX_MIN_HOST_MINOR 0
#endif
#ifndef FX_RUNTIME
#  define FX_RUNTIME "c"
#endif
#ifndef FX_MODULE_SIZE
#  define FX_MODULE_SIZE sizeof(llmp_module_t)
#endif
#ifndef FX_COMPONENT_SIZE
#  define FX_COMPONENT_SIZE sizeof(llmp_component_t)
#endif
#ifndef FX_VTABLE_SIZE
#  define FX_VTABLE_SIZE sizeof(llmp_middleware_t)
#endif
#ifndef FX_KIND
#  define FX_KIND LLMP_KIND_MIDDLEWARE
#endif
#ifndef FX_FLAGS
#  define FX_FLAGS 0
#endif
#ifndef FX_SCHEMA
#  define FX_SCHEMA ""
#endif
#ifndef FX_CREATE
#  define FX_CREATE fx_create
#endif
#ifndef FX_DESTROY
#  define FX_DESTROY fx_destroy
#endif
#ifndef FX_HOOKS
#  define FX_HOOKS .request_headers = fx_request_headers
#endif
#ifndef FX_MODULE_EXTRA
#  define FX_MODULE_EXTRA .flags = 0
#endif
#ifndef FX_COMPONENT_EXTRA
#  define FX_COMPONENT_EXTRA .reserved0 = 0
#endif

/* The host table of the last instance: fixtures are used one at a time. */
static const llmp_host_t *fx_host __attribute__((unused));

#ifndef FX_OWN_CREATE
static llmp_status_t __attribute__((unused))
fx_create(const llmp_create_t *in, void **inst, llmp_err_t *e) {
  static int fx_instance;
  (void)e;
  fx_host = in->host;
  *inst = &fx_instance;
  return LLMP_OK;
}
#else
static llmp_status_t fx_create(const llmp_create_t *in, void **inst, llmp_err_t *e);
#endif

static void __attribute__((unused)) fx_destroy(void *inst) { (void)inst; }

#ifndef FX_OWN_HOOK
static llmp_verdict_t __attribute__((unused))
fx_request_headers(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) {
  (void)inst; (void)r; (void)slot; (void)e;
  return LLMP_CONTINUE;
}
#else
static llmp_verdict_t fx_request_headers(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e);
#endif

/* Fixtures whose entry function is the defect define FX_OWN_ENTRY and write their own. */
#ifndef FX_OWN_ENTRY
#ifdef FX_DECLARATIONS
FX_DECLARATIONS
#endif
static const llmp_middleware_t fx_hooks = { .struct_size = FX_VTABLE_SIZE, FX_HOOKS };
#ifndef FX_VTABLE
#  define FX_VTABLE &fx_hooks
#endif
static const llmp_component_t fx_component = {
  .struct_size = FX_COMPONENT_SIZE,
  .kind = FX_KIND,
  .flags = FX_FLAGS,
  .name = LLMP_LIT("stage"),
  .config_schema = LLMP_LIT(FX_SCHEMA),
  .vtable = FX_VTABLE,
  .create = FX_CREATE,
  .destroy = FX_DESTROY,
  FX_COMPONENT_EXTRA
};
#ifndef FX_COMPONENTS
#  define FX_COMPONENTS &fx_component
#endif
static const llmp_component_t *const fx_components[] = { FX_COMPONENTS };
#ifndef FX_COMPONENT_COUNT
#  define FX_COMPONENT_COUNT (sizeof fx_components / sizeof fx_components[0])
#endif
static const llmp_module_t fx_module = {
  .struct_size = FX_MODULE_SIZE,
  .abi_major = FX_MAJOR,
  .abi_minor = LLMP_ABI_MINOR,
  .min_host_minor = FX_MIN_HOST_MINOR,
#ifdef FX_ID_SLICE
  .id = FX_ID_SLICE,
#else
  .id = LLMP_LIT(FX_ID),
#endif
  .version = LLMP_LIT("1.0.0"),
  .runtime = LLMP_LIT(FX_RUNTIME),
  .n_components = FX_COMPONENT_COUNT,
  .components = fx_components,
  FX_MODULE_EXTRA
};

const llmp_module_t *llm_proxy_plugin_entry_v0(const llmp_loader_t *loader) {
  (void)loader;
  return &fx_module;
}
#endif

/* Puts a text into the host's error buffer, as every SDK does. */
static inline void fx_say(llmp_err_t *e, const char *text) {
  size_t i = 0;
  for (; text[i] != '\0' && i + 1 < sizeof e->message; i++) e->message[i] = text[i];
  e->message[i] = '\0';
}

#endif
