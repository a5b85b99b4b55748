/* forward - sends the request to the provider of the API it is routed to.
 *
 * Marks the request for the host, which carries it once the last request hook has agreed, and says
 * in headers who sends it, for whom and when. */
#include <stdlib.h>

#include "stage.h"
#include "llmp_config.h"

llmp_status_t forward_configure(forward_t *f, llmp_str_t config_json, llmp_err_t *e) {
  static const char *const keys[] = {"forwarded_for", "identify", "timing_headers"};
  f->forwarded_for = FORWARDED_REPLACE;
  f->identify = true;
  f->timing_headers = true;
  json_t *config = llmp_config_load(config_json, "config", e);
  if (config == NULL) return LLMP_E_INVALID;
  const char *policy = NULL;
  bool good = llmp_config_known(config, keys, sizeof keys / sizeof *keys, e) &&
              llmp_config_bool(config, "identify", &f->identify, e) &&
              llmp_config_bool(config, "timing_headers", &f->timing_headers, e) &&
              llmp_config_text(config, "forwarded_for", &policy, e);
  if (good && policy != NULL) {
    if (strcmp(policy, "append") == 0) {
      f->forwarded_for = FORWARDED_APPEND;
    } else if (strcmp(policy, "remove") == 0) {
      f->forwarded_for = FORWARDED_REMOVE;
    } else if (strcmp(policy, "replace") != 0) {
      good = false;
      (void)llmp_fail(e, LLMP_E_INVALID, "forwarded_for: '%.32s' is not one of append, replace, remove",
        policy);
    }
  }
  json_decref(config);
  return good ? LLMP_OK : LLMP_E_INVALID;
}

/* ------------------------------------------------------------------ hooks -------------------- */

/* The slot is the time of departure itself: unix nanoseconds fit in a pointer. */
_Static_assert(sizeof(void *) >= sizeof(uint64_t), "LP64 only");

static llmp_verdict_t request_headers(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) {
  const forward_t *f = inst;
  llmp_ctx_t *ctx = f->host->ctx;
  uint64_t start = forward_unix_ns();
  *slot = (void *)(uintptr_t)start;
  llmp_status_t status = f->apis->forward(ctx, r, f->apis->selected(ctx, r));
  if (status != LLMP_OK) return LLMP_HOOK_FAIL(e, status, "the host cannot forward this request");
  status = forward_edit_request(f, r, start);
  if (status != LLMP_OK) return LLMP_HOOK_FAIL(e, status, "cannot edit the upstream request's headers");
  return LLMP_CONTINUE;
}

static llmp_verdict_t response_headers(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) {
  llmp_status_t status = forward_edit_response(inst, r, (uint64_t)(uintptr_t)*slot);
  if (status != LLMP_OK) return LLMP_HOOK_FAIL(e, status, "cannot edit the response's headers");
  return LLMP_CONTINUE;
}

/* ------------------------------------------------------------------ lifecycle ---------------- */

static llmp_status_t validate(llmp_str_t config_json, llmp_err_t *e) {
  forward_t scratch = {0};
  return forward_configure(&scratch, config_json, e);
}

static llmp_status_t create(const llmp_create_t *in, void **inst, llmp_err_t *e) {
  forward_t f = {.host = in->host};
  f.apis = llmp_service(in->host, LLMP_SVC_APIS, sizeof(llmp_apis_api_t));
  if (f.apis == NULL) return llmp_fail(e, LLMP_E_UNSUPPORTED, "needs the service " LLMP_SVC_APIS);
  llmp_status_t status = forward_configure(&f, in->config_json, e);
  if (status != LLMP_OK) return status;
  forward_t *kept = malloc(sizeof *kept);
  if (kept == NULL) return llmp_fail(e, LLMP_E_NO_MEMORY, "out of memory");
  *kept = f;
  *inst = kept;
  return LLMP_OK;
}

static void destroy(void *inst) { free(inst); }

static const llmp_middleware_t hooks = {
  .struct_size = sizeof hooks,
  .request_headers = request_headers,
  .response_headers = response_headers,
};
static const llmp_str_t consumes[] = {LLMP_LIT("llmp.project_id")};
static const llmp_str_t services[] = {LLMP_LIT(LLMP_SVC_APIS)};
static const llmp_component_t component = {
  .struct_size = sizeof component,
  .kind = LLMP_KIND_MIDDLEWARE,
  .name = LLMP_LIT("forward"),
  .summary = LLMP_LIT("sends the request to the provider of its API"),
  .config_schema = LLMP_LIT(
    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\","
    "\"properties\":{"
    "\"forwarded_for\":{\"enum\":[\"append\",\"replace\",\"remove\"],\"default\":\"replace\","
    "\"description\":\"what the provider sees in x-forwarded-for\"},"
    "\"identify\":{\"type\":\"boolean\",\"default\":true,"
    "\"description\":\"send x-proxy, x-proxy-version and x-proxy-id\"},"
    "\"timing_headers\":{\"type\":\"boolean\",\"default\":true,"
    "\"description\":\"send x-upstream-request-start upstream, the times and server-timing to the client\"}},"
    "\"additionalProperties\":false}"),
  .consumes = consumes, .n_consumes = sizeof consumes / sizeof *consumes,
  .services = services, .n_services = sizeof services / sizeof *services,
  .vtable = &hooks,
  .validate = validate,
  .create = create,
  .destroy = destroy,
};
static const llmp_component_t *const components[] = {&component};
static const llmp_module_t module = {
  .struct_size = sizeof module,
  .abi_major = LLMP_ABI_MAJOR,
  .abi_minor = LLMP_ABI_MINOR,
  .id = LLMP_LIT("org.llm-proxy.forward"),
  .version = LLMP_LIT("0.2.0"),
  .vendor = LLMP_LIT("llm-proxy"),
  .build = LLMP_LIT(__VERSION__),
  .runtime = LLMP_LIT("c"),
  .flags = LLMP_MODULE_UNLOADABLE,
  .n_components = sizeof components / sizeof *components,
  .components = components,
};

LLMP_STAMP("abi=0.0;min=0;id=org.llm-proxy.forward;version=0.2.0;runtime=c");

LLMP_EXPORT const llmp_module_t *llm_proxy_plugin_entry_v0(const llmp_loader_t *loader) {
  return loader != NULL && loader->abi_major == LLMP_ABI_MAJOR ? &module : NULL;
}
