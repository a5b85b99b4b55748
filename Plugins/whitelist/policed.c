/* Requests under policies: what the head tells, what the body tells, and what is put into the body. */
#include "llmp_buf.h"
#include "llmp_json.h"
#include "models.h"
#include "stage.h"
#include "text.h"

#define OCCURRENCES_MAX 8     /* a name given more often is refused: nobody means that */
#define SHOWN_VALUE_MAX 200   /* bytes of a value in a message */
#define CHAIN_MAX 64          /* policies of one request */

/* ------------------------------------------------------------------ the chain ---------------- */

/* Runs `visit` with every policy that has one of the members, outermost first or last; stops at the first
 * verdict that is not CONTINUE. */
typedef llmp_verdict_t (*visit_fn)(const whitelist_t *w, llmp_req_t *r, const policy_t *policy, void *ud,
                                   llmp_err_t *e);

static llmp_verdict_t visit_one(const whitelist_t *w, llmp_req_t *r, size_t i, uint32_t members, visit_fn visit,
                                void *ud, bool *over, llmp_err_t *e) {
  llmp_policy_t source = {.struct_size = sizeof source};
  llmp_status_t status = w->store->policy_at(w->host->ctx, r, i, &source);
  *over = status == LLMP_E_NOT_FOUND;
  if (*over) return LLMP_CONTINUE;
  if (status != LLMP_OK) return LLMP_HOOK_FAIL(e, status, "the host does not show policy %zu", i);
  if ((source.members & members) == 0) return LLMP_CONTINUE;
  policy_t *policy = (policy_t *)llmp_policy_hold(w->policies, &source, e);
  if (policy == NULL) return LLMP_ERROR;
  llmp_verdict_t verdict = visit(w, r, policy, ud, e);
  llmp_policy_drop(w->policies, &policy->head);
  return verdict;
}

static llmp_verdict_t visit_all(const whitelist_t *w, llmp_req_t *r, uint32_t members, visit_fn visit, void *ud,
                                llmp_err_t *e) {
  bool over = false;
  for (size_t i = 0; i <= CHAIN_MAX; i++) {
    llmp_verdict_t verdict = visit_one(w, r, i, members, visit, ud, &over, e);
    if (over || verdict != LLMP_CONTINUE) return verdict;
  }
  return LLMP_HOOK_FAIL(e, LLMP_E_LIMIT, "more than %d policies", CHAIN_MAX);
}

/* ------------------------------------------------------------------ refusals ----------------- */

static llmp_verdict_t refuse(const whitelist_t *w, llmp_req_t *r, uint32_t http_status, llmp_str_t code,
                             llmp_str_t message, llmp_err_t *e) {
  llmp_status_t status = w->host->req->respond_error(r, http_status,
    http_status == 403 ? LLMP_S("permission_error") : LLMP_S("invalid_request_error"), code, message);
  if (status != LLMP_OK) return LLMP_HOOK_FAIL(e, status, "cannot send the refusal");
  return LLMP_RESPOND;
}

/* `before` value `after`. */
static llmp_verdict_t refuse_value(const whitelist_t *w, llmp_req_t *r, uint32_t http_status, llmp_str_t code,
                                   const char *before, llmp_str_t value, const char *after, llmp_err_t *e) {
  llmp_buf_t message = {0};
  llmp_buf_add(&message, before, strlen(before));
  text_add_clean(&message, value, SHOWN_VALUE_MAX);
  llmp_buf_add(&message, after, strlen(after));
  llmp_verdict_t verdict = message.failed
    ? LLMP_HOOK_FAIL(e, LLMP_E_NO_MEMORY, "out of memory")
    : refuse(w, r, http_status, code, llmp_buf_view(&message), e);
  llmp_buf_free(&message);
  return verdict;
}

static llmp_verdict_t refuse_model(const whitelist_t *w, llmp_req_t *r, llmp_str_t model, llmp_err_t *e) {
  return refuse_value(w, r, 403, LLMP_S("model_not_allowed"), "The model '", model,
    "' is not allowed for this access token", e);
}

static llmp_verdict_t refuse_no_model(const whitelist_t *w, llmp_req_t *r, llmp_err_t *e) {
  return refuse(w, r, 403, LLMP_S("model_not_allowed"),
    LLMP_S("This access token may use some models only, and the request does not clearly name one"), e);
}

static llmp_verdict_t refuse_method(const whitelist_t *w, llmp_req_t *r, const policy_t *policy, llmp_err_t *e) {
  llmp_buf_t allow = {0};
  for (size_t i = 0; i < policy->methods.n; i++) {
    if (i > 0) LLMP_BUF_LIT(&allow, ", ");
    llmp_buf_str(&allow, policy->methods.texts[i]);
  }
  if (!allow.failed) {
    (void)w->host->req->hdr_set(r, LLMP_MAP_RESPONSE, LLMP_S("allow"), llmp_buf_view(&allow));
  }
  llmp_buf_free(&allow);
  return refuse(w, r, 405, LLMP_S("method_not_allowed"), LLMP_S("Method not allowed"), e);
}

/* ------------------------------------------------------------------ the head ----------------- */

/* A model named in the query, as for realtime. An encoded name is not decoded: it matches nothing. */
static llmp_verdict_t check_query(const whitelist_t *w, llmp_req_t *r, const policy_t *policy, llmp_err_t *e) {
  llmp_str_t query = {NULL, 0}, model = {NULL, 0};
  (void)w->host->req->attr_get(r, LLMP_ATTR_QUERY, &query);
  for (size_t nth = 0; models_in_query(query, nth, &model); nth++) {
    if (!policy_allows_value(&policy->models, model)) return refuse_model(w, r, model, e);
  }
  return LLMP_CONTINUE;
}

static llmp_verdict_t check_head(const whitelist_t *w, llmp_req_t *r, const policy_t *policy, void *ud,
                                 llmp_err_t *e) {
  const llmp_request_api_t *req = w->host->req;
  llmp_str_t value = {NULL, 0};
  (void)ud;
  if (policy->methods.n > 0) {
    (void)req->attr_get(r, LLMP_ATTR_METHOD, &value);
    if (!policy_allows_text(&policy->methods, value)) return refuse_method(w, r, policy, e);
  }
  if (policy->endpoints.n > 0) {
    value = (llmp_str_t){NULL, 0};
    (void)req->attr_get(r, LLMP_ATTR_PATH, &value);
    if (!policy_allows_path(policy, value)) {
      return refuse(w, r, 403, LLMP_S("endpoint_not_allowed"),
        LLMP_S("This endpoint is not allowed for this access token"), e);
    }
  }
  for (size_t nth = 0; policy->origins.n > 0; nth++) {
    if (req->hdr_get(r, LLMP_MAP_REQUEST, LLMP_S("origin"), nth, &value) != LLMP_OK) break;
    if (!policy_allows_text(&policy->origins, value)) {
      return refuse(w, r, 403, LLMP_S("origin_not_allowed"), LLMP_S("Origin not allowed"), e);
    }
  }
  return policy->models.n > 0 ? check_query(w, r, policy, e) : LLMP_CONTINUE;
}

llmp_verdict_t policed_head(const whitelist_t *w, llmp_req_t *r, uint32_t members, llmp_err_t *e) {
  return visit_all(w, r, members, check_head, NULL, e);
}

/* ------------------------------------------------------------------ edits -------------------- */

static llmp_status_t member(const whitelist_t *w, llmp_req_t *r, llmp_str_t name, size_t nth, llmp_str_t *raw) {
  return w->json->member(w->host->ctx, r, LLMP_MAP_REQUEST, name, nth, raw);
}

static llmp_verdict_t edit_failed(const policy_parameter_t *parameter, llmp_status_t status, llmp_err_t *e) {
  return LLMP_HOOK_FAIL(e, status, "cannot edit the parameter '%.*s'", (int)parameter->name.len,
    parameter->name.ptr);
}

/* Takes the parameter out until `rest` of its occurrences are left. */
static llmp_status_t take_out(const whitelist_t *w, llmp_req_t *r, const policy_parameter_t *parameter,
                              size_t rest, bool *changed) {
  llmp_str_t raw = {NULL, 0};
  for (size_t n = 0; n <= OCCURRENCES_MAX; n++) {
    llmp_status_t status = member(w, r, parameter->name, rest, &raw);
    if (status == LLMP_E_NOT_FOUND) return LLMP_OK;
    if (status != LLMP_OK) return status;
    *changed = true;
    status = w->json->set(w->host->ctx, r, LLMP_MAP_REQUEST, parameter->pointer, LLMP_S(""));
    if (status != LLMP_OK) return status;
  }
  return LLMP_E_LIMIT;
}

static llmp_status_t edit(const whitelist_t *w, llmp_req_t *r, const policy_parameter_t *parameter,
                          bool *changed) {
  llmp_str_t raw = {NULL, 0};
  if (parameter->strip) return take_out(w, r, parameter, 0, changed);
  llmp_status_t status = take_out(w, r, parameter, 1, changed);
  if (status != LLMP_OK) return status;
  status = member(w, r, parameter->name, 0, &raw);
  if (status == LLMP_OK && llmp_eq(raw, parameter->force)) return LLMP_OK;
  if (status != LLMP_OK && status != LLMP_E_NOT_FOUND) return status;
  *changed = true;
  return w->json->set(w->host->ctx, r, LLMP_MAP_REQUEST, parameter->pointer, parameter->force);
}

static llmp_verdict_t edit_all(const whitelist_t *w, llmp_req_t *r, const policy_t *policy, void *ud,
                               llmp_err_t *e) {
  llmp_buf_t *names = ud;
  for (size_t i = 0; policy->edits && i < policy->n_parameters; i++) {
    const policy_parameter_t *parameter = &policy->parameters[i];
    bool changed = false;
    if (!parameter->strip && parameter->force.len == 0) continue;
    llmp_status_t status = edit(w, r, parameter, &changed);
    if (status == LLMP_E_LIMIT) {
      return refuse_value(w, r, 400, LLMP_S("param_not_allowed"), "Parameter '", parameter->name,
        "' is given too many times", e);
    }
    if (status != LLMP_OK) return edit_failed(parameter, status, e);
    if (!changed) continue;
    if (names->len > 0) LLMP_BUF_LIT(names, ", ");
    text_add_clean(names, parameter->name, SHOWN_VALUE_MAX);
  }
  return LLMP_CONTINUE;
}

/* Innermost first, so that what an outer policy forces or strips is the last word. */
llmp_verdict_t policed_edit(const whitelist_t *w, llmp_req_t *r, llmp_err_t *e) {
  llmp_buf_t names = {0};
  llmp_verdict_t verdict = LLMP_CONTINUE;
  bool over = false;
  size_t n = 0;
  llmp_policy_t source = {.struct_size = sizeof source};
  while (n < CHAIN_MAX && w->store->policy_at(w->host->ctx, r, n, &source) == LLMP_OK) n++;
  while (n-- > 0 && verdict == LLMP_CONTINUE) {
    verdict = visit_one(w, r, n, LLMP_POLICY_PARAMETERS, edit_all, &names, &over, e);
  }
  if (verdict == LLMP_CONTINUE && names.len > 0 && !names.failed) {
    (void)w->host->req->hdr_set(r, LLMP_MAP_RESPONSE, LLMP_S("x-llm-proxy-changed-parameters"),
      llmp_buf_view(&names));
  }
  llmp_buf_free(&names);
  return verdict;
}

/* ------------------------------------------------------------------ the body ----------------- */

/* A name that is spelt otherwise and yet may be taken for one that a policy is about. */
static llmp_verdict_t refuse_lookalike(const whitelist_t *w, llmp_req_t *r, llmp_str_t name,
                                       uint32_t http_status, llmp_str_t code, llmp_err_t *e) {
  llmp_str_t other = {NULL, 0};
  if (!whitelist_lookalike(w, r, name, &other)) return LLMP_CONTINUE;
  return refuse_value(w, r, http_status, code, "Parameter '", other, WHITELIST_LOOKALIKE, e);
}

static llmp_verdict_t check_models(const whitelist_t *w, llmp_req_t *r, const policy_t *policy,
                                   const policed_body_t *body, llmp_err_t *e) {
  llmp_str_t raw = {NULL, 0};
  size_t n = 0;
  llmp_verdict_t unclear = refuse_lookalike(w, r, LLMP_S("model"), 403, LLMP_S("model_not_allowed"), e);
  if (unclear != LLMP_CONTINUE) return unclear;
  while (member(w, r, LLMP_S("model"), n, &raw) == LLMP_OK) {
    llmp_buf_t scratch = {0};
    llmp_str_t model = raw;
    bool allowed = raw.len > 1 && raw.ptr[0] == '"' && text_of_json(raw, &scratch, &model) &&
                   policy_allows_value(&policy->models, model);
    llmp_verdict_t verdict = allowed ? LLMP_CONTINUE : refuse_model(w, r, model, e);
    llmp_buf_free(&scratch);
    if (!allowed) return verdict;
    n++;
  }
  return n == 0 && body->needs_model ? refuse_no_model(w, r, e) : LLMP_CONTINUE;
}

static llmp_verdict_t check_parts(const whitelist_t *w, llmp_req_t *r, const policy_t *policy,
                                  const policed_body_t *body, llmp_err_t *e) {
  size_t at = 0, n = 0;
  llmp_str_t model = {NULL, 0};
  for (;; n++) {
    models_part_t part = models_next_part(body->bytes, &at, &model);
    if (part == MODELS_UNCLEAR) return refuse_no_model(w, r, e);
    if (part == MODELS_NO_PART) break;
    if (!policy_allows_value(&policy->models, model)) return refuse_model(w, r, model, e);
  }
  return n == 0 && body->needs_model ? refuse_no_model(w, r, e) : LLMP_CONTINUE;
}

static llmp_verdict_t check_parameter(const whitelist_t *w, llmp_req_t *r, const policy_parameter_t *parameter,
                                      llmp_err_t *e) {
  llmp_str_t raw = {NULL, 0};
  for (size_t nth = 0; member(w, r, parameter->name, nth, &raw) == LLMP_OK; nth++) {
    if (nth == OCCURRENCES_MAX || !policy_allows_parameter(parameter, raw)) {
      return refuse_value(w, r, 400, LLMP_S("param_not_allowed"), "Parameter '", parameter->name,
        "' has a value that is not allowed for this access token", e);
    }
  }
  return LLMP_CONTINUE;
}

static llmp_verdict_t check_policy_body(const whitelist_t *w, llmp_req_t *r, const policy_t *policy, void *ud,
                                        llmp_err_t *e) {
  const policed_body_t *body = ud;
  llmp_verdict_t verdict = LLMP_CONTINUE;
  if (policy->models.n > 0) {
    if (body->is_json) {
      verdict = check_models(w, r, policy, body, e);
    } else if (body->is_multipart) {
      verdict = check_parts(w, r, policy, body, e);
    } else if (body->needs_model) {
      verdict = refuse_no_model(w, r, e);
    }
  }
  for (size_t i = 0; i < policy->n_parameters && body->is_json && verdict == LLMP_CONTINUE; i++) {
    const policy_parameter_t *parameter = &policy->parameters[i];
    bool edited = parameter->strip || parameter->force.len > 0;
    verdict = refuse_lookalike(w, r, parameter->name, 400, LLMP_S("param_not_allowed"), e);
    if (!edited && verdict == LLMP_CONTINUE) verdict = check_parameter(w, r, parameter, e);
  }
  return verdict;
}

llmp_verdict_t policed_body(const whitelist_t *w, llmp_req_t *r, uint32_t members, policed_body_t *body,
                            llmp_err_t *e) {
  const llmp_request_api_t *req = w->host->req;
  llmp_str_t method = {NULL, 0}, path = {NULL, 0};
  (void)req->attr_get(r, LLMP_ATTR_METHOD, &method);
  (void)req->attr_get(r, LLMP_ATTR_PATH, &path);
  body->needs_model = !llmp_eq(method, LLMP_S("GET")) && !llmp_eq(method, LLMP_S("DELETE")) &&
                      !llmp_eq(method, LLMP_S("HEAD")) && models_path_needs_one(path);
  return visit_all(w, r, members, check_policy_body, body, e);
}
