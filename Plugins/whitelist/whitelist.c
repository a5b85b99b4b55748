/* whitelist - admits the methods, endpoints and parameter values that an API's settings list, and what the
 * policies of the project and the token leave of them.
 *
 * Reads allowed_methods, allowed_endpoints and param_whitelist of every API once, at create; a policy
 * when it is met first. A request whose API restricts no parameter, or that brings no body, costs two
 * comparisons; one without policies a question more. */
#include <stdlib.h>

#include "llmp_buf.h"
#include "llmp_config.h"
#include "stage.h"

const rules_t *whitelist_rules(const whitelist_t *w, llmp_req_t *r) {
  size_t i = w->apis->selected(w->host->ctx, r);
  return i < w->n_rules ? &w->rules[i] : NULL;
}

llmp_verdict_t whitelist_refuse(const whitelist_t *w, llmp_req_t *r, uint32_t http_status, llmp_str_t code,
                                llmp_str_t message, llmp_err_t *e) {
  llmp_status_t status = w->host->req->respond_error(r, http_status, LLMP_S("invalid_request_error"), code,
    message);
  if (status != LLMP_OK) return LLMP_HOOK_FAIL(e, status, "cannot send the refusal");
  return LLMP_RESPOND;
}

static llmp_verdict_t refuse_method(const whitelist_t *w, llmp_req_t *r, const rules_t *rules,
  llmp_err_t *e) {
  llmp_buf_t allow = {0};
  for (size_t i = 0; i < rules->n_methods; i++) {
    if (i > 0) LLMP_BUF_LIT(&allow, ", ");
    llmp_buf_str(&allow, rules->methods[i]);
  }
  if (!allow.failed) {
    (void)w->host->req->hdr_set(r, LLMP_MAP_RESPONSE, LLMP_S("allow"), llmp_buf_view(&allow));
  }
  llmp_buf_free(&allow);
  return whitelist_refuse(w, r, 405, LLMP_S("method_not_allowed"), LLMP_S("Method not allowed"), e);
}

/* ------------------------------------------------------------------ hooks -------------------- */

/* The head under policies, and whether the body has to be seen. */
static llmp_verdict_t police(const whitelist_t *w, llmp_req_t *r, const rules_t *rules, uint32_t members,
                             llmp_err_t *e) {
  llmp_verdict_t verdict = policed_head(w, r, members, e);
  if (verdict != LLMP_CONTINUE) return verdict;
  bool has_parameters = rules->n_parameters > 0 || (members & LLMP_POLICY_PARAMETERS) != 0;
  bool needs_body = ((members & LLMP_POLICY_MODELS) != 0 && whitelist_may_name_model(w, r)) ||
                    (has_parameters && whitelist_may_hold_parameters(w, r));
  (void)w->store->policy_applied(w->host->ctx, r, needs_body ? WHITELIST_POLICY_HEAD : WHITELIST_POLICY);
  return needs_body ? LLMP_CONTINUE : LLMP_DETACH;
}

static llmp_verdict_t request_headers(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) {
  const whitelist_t *w = inst;
  const llmp_request_api_t *req = w->host->req;
  (void)slot;
  const rules_t *rules = whitelist_rules(w, r);
  llmp_str_t value = {NULL, 0};
  if (rules != NULL) {
    (void)req->attr_get(r, LLMP_ATTR_METHOD, &value);
    if (!rules_allow_method(rules, value)) return refuse_method(w, r, rules, e);
    value = (llmp_str_t){NULL, 0};
    (void)req->attr_get(r, LLMP_ATTR_PATH, &value);
  }
  if (rules == NULL || !rules_allow_path(rules, value)) {
    return whitelist_refuse(w, r, 404, LLMP_S("endpoint_not_found"), LLMP_S("Endpoint not found"), e);
  }
  uint32_t members = w->store->policy_members(w->host->ctx, r) & WHITELIST_POLICY;
  if (members != 0) return police(w, r, rules, members, e);
  if (rules->n_parameters == 0 || !whitelist_may_hold_parameters(w, r)) return LLMP_DETACH;
  return LLMP_CONTINUE;
}

static llmp_verdict_t request_body(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) {
  const whitelist_t *w = inst;
  (void)slot;
  const rules_t *rules = whitelist_rules(w, r);
  if (rules == NULL) return LLMP_HOOK_FAIL(e, LLMP_E_STATE, "the request lost its api");
  uint32_t members = w->store->policy_members(w->host->ctx, r) & WHITELIST_POLICY;
  llmp_verdict_t verdict = whitelist_check_body(w, r, rules, members, e);
  if (members != 0 && verdict == LLMP_CONTINUE) {
    (void)w->store->policy_applied(w->host->ctx, r, WHITELIST_POLICY_BODY);
  }
  return verdict;
}

/* ------------------------------------------------------------------ lifecycle ---------------- */

static void warn_malformed(void *ud, llmp_str_t api, llmp_str_t parameter, const char *pattern) {
  const llmp_host_t *host = ud;
  llmp_buf_t fields = {0};
  LLMP_BUF_LIT(&fields, "{\"api\":");
  llmp_buf_json(&fields, api);
  LLMP_BUF_LIT(&fields, ",\"parameter\":");
  llmp_buf_json(&fields, parameter);
  LLMP_BUF_LIT(&fields, ",\"pattern\":");
  llmp_buf_json(&fields, llmp_slice(pattern, strlen(pattern)));
  LLMP_BUF_LIT(&fields, "}");
  if (!fields.failed) {
    host->log(host->ctx, LLMP_LOG_WARN, LLMP_S("malformed pattern never matches"), llmp_buf_view(&fields));
  }
  llmp_buf_free(&fields);
}

static llmp_status_t validate(llmp_str_t config_json, llmp_err_t *e) {
  json_t *config = llmp_config_load(config_json, "config", e);
  bool good = config != NULL && llmp_config_known(config, NULL, 0, e);
  json_decref(config);
  return good ? LLMP_OK : LLMP_E_INVALID;
}

static void destroy(void *inst) {
  whitelist_t *w = inst;
  for (size_t i = 0; i < w->n_rules; i++) rules_free(&w->rules[i]);
  free(w->rules);
  if (w->policies != NULL) llmp_policy_cache_free(w->policies);
  free(w->policies);
  free(w);
}

static llmp_status_t compile_all(whitelist_t *w, llmp_err_t *e) {
  size_t n = w->apis->count(w->host->ctx);
  w->rules = calloc(n + 1, sizeof *w->rules);
  if (w->rules == NULL) return llmp_fail(e, LLMP_E_NO_MEMORY, "out of memory");
  while (w->n_rules < n) {
    llmp_str_t name = {NULL, 0}, settings = {NULL, 0};
    llmp_status_t status = w->apis->at(w->host->ctx, w->n_rules, &name, &settings);
    if (status != LLMP_OK) return llmp_fail(e, status, "the host does not show api %zu", w->n_rules);
    rules_t *rules = &w->rules[w->n_rules++];
    status = rules_compile(rules, name, settings, warn_malformed, (void *)(uintptr_t)w->host, e);
    if (status != LLMP_OK) return status;
  }
  return LLMP_OK;
}

static llmp_status_t create(const llmp_create_t *in, void **inst, llmp_err_t *e) {
  llmp_status_t status = validate(in->config_json, e);
  if (status != LLMP_OK) return status;
  whitelist_t *w = calloc(1, sizeof *w);
  if (w == NULL) return llmp_fail(e, LLMP_E_NO_MEMORY, "out of memory");
  w->host = in->host;
  w->apis = llmp_service(in->host, LLMP_SVC_APIS, sizeof(llmp_apis_api_t));
  w->json = llmp_service(in->host, LLMP_SVC_JSON, sizeof(llmp_json_api_t));
  w->store = llmp_service(in->host, LLMP_SVC_STORE, sizeof(llmp_store_api_t));
  w->policies = malloc(sizeof *w->policies);
  if (w->policies != NULL) llmp_policy_cache_init(w->policies, policy_compile, policy_release);
  if (w->apis == NULL || w->json == NULL || w->store == NULL) {
    status = llmp_fail(e, LLMP_E_UNSUPPORTED,
      "needs the services " LLMP_SVC_APIS ", " LLMP_SVC_JSON " and " LLMP_SVC_STORE);
  } else {
    status = w->policies != NULL ? compile_all(w, e) : llmp_fail(e, LLMP_E_NO_MEMORY, "out of memory");
  }
  if (status != LLMP_OK) {
    destroy(w);
    return status;
  }
  *inst = w;
  return LLMP_OK;
}

static const llmp_middleware_t hooks = {
  .struct_size = sizeof hooks,
  .flags = LLMP_MW_NEED_REQUEST_BODY,
  .request_headers = request_headers,
  .request_body = request_body,
};
static const llmp_str_t services[] = {LLMP_LIT(LLMP_SVC_APIS), LLMP_LIT(LLMP_SVC_JSON),
  LLMP_LIT(LLMP_SVC_STORE)};
static const llmp_component_t component = {
  .struct_size = sizeof component,
  .kind = LLMP_KIND_MIDDLEWARE,
  .name = LLMP_LIT("whitelist"),
  .summary = LLMP_LIT("admits the methods, endpoints and parameter values that the api's settings list, and the "
                      "models, endpoints and parameters that the policies of project and token allow"),
  .config_schema = LLMP_LIT(
    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
    "\"type\":\"object\",\"additionalProperties\":false}"),
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
  .id = LLMP_LIT("org.llm-proxy.whitelist"),
  .version = LLMP_LIT("0.2.0"),
  .vendor = LLMP_LIT("llm-proxy"),
  .build = LLMP_LIT(__VERSION__),
  .runtime = LLMP_LIT("c"),
  .flags = LLMP_MODULE_UNLOADABLE,
  .n_components = sizeof components / sizeof *components,
  .components = components,
};

LLMP_STAMP("abi=0.0;min=0;id=org.llm-proxy.whitelist;version=0.2.0;runtime=c");

LLMP_EXPORT const llmp_module_t *llm_proxy_plugin_entry_v0(const llmp_loader_t *loader) {
  return loader != NULL && loader->abi_major == LLMP_ABI_MAJOR ? &module : NULL;
}
