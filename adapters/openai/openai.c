/* openai - the adapter for OpenAI and for servers that speak its dialect.
 *
 * Bytes pass both ways untouched. What the adapter adds is the credential, and what it reads is the
 * usage that an answer reports. */
#define _GNU_SOURCE 1
#include <stdlib.h>

#include "adapter.h"
#include "llmp_config.h"

#define HEADER_MAX 1024

/* ------------------------------------------------------------------ request ------------------ */

static llmp_verdict_t refuse_without_key(const openai_t *o, llmp_req_t *r, llmp_err_t *e) {
  llmp_status_t status = o->host->req->respond_error(
    r, 503, LLMP_S("server_error"), LLMP_S("upstream_auth_error"),
    LLMP_S("Upstream authentication error\nfailed to load upstream API key"));
  if (status != LLMP_OK) return LLMP_HOOK_FAIL(e, status, "cannot send the refusal");
  return LLMP_RESPOND;
}

static llmp_status_t authorize(const openai_t *o, llmp_req_t *r, llmp_str_t key) {
  static const char scheme[] = "Bearer ";
  char text[HEADER_MAX];
  size_t prefix = sizeof scheme - 1;
  if (key.len > sizeof text - prefix) return LLMP_E_LIMIT;
  memcpy(text, scheme, prefix);
  memcpy(text + prefix, key.ptr, key.len);
  llmp_status_t status = o->host->req->hdr_set(r, LLMP_MAP_UPSTREAM_REQUEST, LLMP_S("authorization"),
                                               llmp_slice(text, prefix + key.len));
  explicit_bzero(text, sizeof text);
  return status;
}

static llmp_status_t set_text(const openai_t *o, llmp_req_t *r, llmp_str_t name, const char *value) {
  if (value == NULL) return LLMP_OK;
  return o->host->req->hdr_set(r, LLMP_MAP_UPSTREAM_REQUEST, name, llmp_slice(value, strlen(value)));
}

static llmp_verdict_t prepare(void *inst, llmp_req_t *r, void **slot, const llmp_attempt_t *a,
  llmp_err_t *e) {
  const openai_t *o = inst;
  (void)slot;
  if (a->api_key.len == 0) return refuse_without_key(o, r, e);
  llmp_status_t status = authorize(o, r, a->api_key);
  if (status == LLMP_OK) status = set_text(o, r, LLMP_S("openai-organization"), o->organization);
  if (status == LLMP_OK) status = set_text(o, r, LLMP_S("openai-project"), o->project);
  if (status != LLMP_OK) return LLMP_HOOK_FAIL(e, status, "cannot set the provider's credential headers");
  return LLMP_CONTINUE;
}

static llmp_status_t route(void *inst, const llmp_route_query_t *q, llmp_route_answer_t *a) {
  (void)inst;
  a->score = 1; /* speaks the client's own dialect: good for anything, best at nothing in particular */
  a->model_upstream = q->model;
  return LLMP_OK;
}

/* ------------------------------------------------------------------ answer ------------------- */

static llmp_verdict_t upstream_headers(void *inst, llmp_req_t *r, void **slot, uint32_t http_status,
                                       llmp_stream_mode_t *mode, llmp_err_t *e) {
  (void)inst;
  (void)r;
  (void)slot;
  (void)http_status;
  (void)e;
  *mode = LLMP_MODE_PASS;
  return LLMP_CONTINUE;
}

static llmp_verdict_t upstream_sse(void *inst, llmp_req_t *r, void **slot, const llmp_sse_t *ev,
                                   llmp_out_t *out, llmp_usage_t *u, llmp_err_t *e) {
  (void)slot;
  (void)out;
  (void)e;
  openai_report_t report;
  if (u != NULL && openai_report_of_event(ev->data, &report) && openai_read_usage(report.usage, u)) {
    openai_publish_model(inst, r, report.model);
  }
  return LLMP_CONTINUE;
}

static llmp_verdict_t upstream_end(void *inst, llmp_req_t *r, void **slot, llmp_out_t *out, llmp_usage_t *u,
                                   llmp_err_t *e) {
  const openai_t *o = inst;
  (void)slot;
  (void)out;
  (void)e;
  llmp_str_t raw = {NULL, 0};
  if (o->json == NULL || u == NULL) return LLMP_CONTINUE;
  llmp_ctx_t *ctx = o->host->ctx;
  if (o->json->get(ctx, r, LLMP_MAP_UPSTREAM_RESPONSE, LLMP_S("/usage"), &raw) != LLMP_OK ||
      !openai_read_usage(raw, u)) {
    return LLMP_CONTINUE;
  }
  if (o->json->get(ctx, r, LLMP_MAP_UPSTREAM_RESPONSE, LLMP_S("/model"), &raw) == LLMP_OK) {
    openai_publish_model(o, r, raw);
  }
  return LLMP_CONTINUE;
}

static llmp_status_t map_error(void *inst, llmp_req_t *r, void **slot, uint32_t http_status, llmp_str_t body,
                               llmp_upstream_error_t *out) {
  (void)slot;
  return openai_map_error(inst, r, http_status, body, out);
}

/* An attempt keeps nothing: the slot stays empty from prepare to here. */
static void attempt_done(void *inst, llmp_req_t *r, void **slot, llmp_status_t outcome) {
  (void)inst;
  (void)r;
  (void)outcome;
  *slot = NULL;
}

/* ------------------------------------------------------------------ lifecycle ---------------- */

static bool header_text(json_t *config, const char *key, char **out, llmp_err_t *e) {
  const char *text = NULL;
  if (!llmp_config_text(config, key, &text, e)) return false;
  if (text == NULL) return true;
  for (const char *p = text; *p != 0; p++) {
    if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7F) {
      (void)llmp_fail(e, LLMP_E_INVALID, "%s: must be printable ASCII without spaces", key);
      return false;
    }
  }
  if (text[0] == 0) {
    (void)llmp_fail(e, LLMP_E_INVALID, "%s: must not be empty; leave it out instead", key);
    return false;
  }
  *out = strdup(text);
  if (*out == NULL) (void)llmp_fail(e, LLMP_E_NO_MEMORY, "out of memory");
  return *out != NULL;
}

static void destroy(void *inst) {
  openai_t *o = inst;
  free(o->organization);
  free(o->project);
  free(o);
}

static llmp_status_t configure(openai_t *o, llmp_str_t config_json, llmp_err_t *e) {
  static const char *const keys[] = {"organization", "project"};
  json_t *config = llmp_config_load(config_json, "config", e);
  if (config == NULL) return LLMP_E_INVALID;
  bool good = llmp_config_known(config, keys, sizeof keys / sizeof *keys, e) &&
              header_text(config, "organization", &o->organization, e) &&
              header_text(config, "project", &o->project, e);
  json_decref(config);
  return good ? LLMP_OK : LLMP_E_INVALID;
}

static llmp_status_t build(llmp_str_t config_json, openai_t **built, llmp_err_t *e) {
  openai_t *o = calloc(1, sizeof *o);
  if (o == NULL) return llmp_fail(e, LLMP_E_NO_MEMORY, "out of memory");
  llmp_status_t status = configure(o, config_json, e);
  if (status != LLMP_OK) {
    destroy(o);
    return status;
  }
  *built = o;
  return LLMP_OK;
}

static llmp_status_t validate(llmp_str_t config_json, llmp_err_t *e) {
  openai_t *o = NULL;
  llmp_status_t status = build(config_json, &o, e);
  if (status == LLMP_OK) destroy(o);
  return status;
}

static llmp_status_t create(const llmp_create_t *in, void **inst, llmp_err_t *e) {
  openai_t *o = NULL;
  llmp_status_t status = build(in->config_json, &o, e);
  if (status != LLMP_OK) return status;
  o->host = in->host;
  o->json = llmp_service(in->host, LLMP_SVC_JSON, offsetof(llmp_json_api_t, set));
  *inst = o;
  return LLMP_OK;
}

static const llmp_str_t observes[] = {LLMP_LIT("usage"), LLMP_LIT("model")};
static const llmp_provider_t hooks = {
  .struct_size = sizeof hooks,
  .observes = observes, .n_observes = sizeof observes / sizeof *observes,
  .route = route,
  .prepare = prepare,
  .upstream_headers = upstream_headers,
  .upstream_sse = upstream_sse,
  .upstream_end = upstream_end,
  .map_error = map_error,
  .attempt_done = attempt_done,
};
static const llmp_str_t provides[] = {LLMP_LIT("llmp.model_resolved")};
static const llmp_component_t component = {
  .struct_size = sizeof component,
  .kind = LLMP_KIND_PROVIDER,
  .name = LLMP_LIT("openai"),
  .summary = LLMP_LIT("OpenAI and servers that speak its dialect"),
  .config_schema = LLMP_LIT(
    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\","
    "\"properties\":{"
    "\"organization\":{\"type\":\"string\",\"minLength\":1,\"pattern\":\"^[!-~]+$\","
    "\"description\":\"sent as OpenAI-Organization\"},"
    "\"project\":{\"type\":\"string\",\"minLength\":1,\"pattern\":\"^[!-~]+$\","
    "\"description\":\"sent as OpenAI-Project\"}},"
    "\"additionalProperties\":false}"),
  .provides = provides, .n_provides = sizeof provides / sizeof *provides,
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
  .id = LLMP_LIT("org.llm-proxy.adapter.openai"),
  .version = LLMP_LIT("0.2.0"),
  .vendor = LLMP_LIT("llm-proxy"),
  .build = LLMP_LIT(__VERSION__),
  .runtime = LLMP_LIT("c"),
  .flags = LLMP_MODULE_UNLOADABLE,
  .n_components = sizeof components / sizeof *components,
  .components = components,
};

LLMP_STAMP("abi=0.0;min=0;id=org.llm-proxy.adapter.openai;version=0.2.0;runtime=c");

LLMP_EXPORT const llmp_module_t *llm_proxy_plugin_entry_v0(const llmp_loader_t *loader) {
  return loader != NULL && loader->abi_major == LLMP_ABI_MAJOR ? &module : NULL;
}
