/* auth - admits a request that shows a valid access token.
 *
 * Reads one header, `authorization: Bearer sk-...`, looks the token up in the host's directory and
 * binds it to the request. Nothing of a body is read before that. Then the policies of the project and
 * the token say from which addresses, and with which headers, the token may be shown. */
#include <stdlib.h>

#include "llmp_buf.h"
#include "llmp_c.h"
#include "policy.h"

typedef struct auth {
  const llmp_host_t *host;
  const llmp_store_api_t *store;
  llmp_policy_cache_t policies;
} auth_t;

/* ------------------------------------------------------------------ refusals ---------------- */

typedef struct refusal {
  uint32_t http_status;
  bool never_retry;       /* x-should-retry: false; SDKs would try 429 and 401 again otherwise */
  llmp_str_t type, code, message;
} refusal_t;

#define AUTHENTICATION "authentication_error"
#define MALFORMED "Invalid token\ninvalid token format: "

static const refusal_t no_bearer = {401, false, LLMP_LIT(AUTHENTICATION), LLMP_LIT("invalid_token"),
  LLMP_LIT("Invalid token\nmissing or invalid authorization header")};
static const refusal_t bad_format = {401, false, LLMP_LIT(AUTHENTICATION), LLMP_LIT("invalid_token"),
  LLMP_LIT(MALFORMED "invalid token format")};
static const refusal_t bad_encoding = {401, false, LLMP_LIT(AUTHENTICATION), LLMP_LIT("invalid_token"),
  LLMP_LIT(MALFORMED "token decoding failed: illegal base64 data")};
static const refusal_t unknown = {401, true, LLMP_LIT(AUTHENTICATION), LLMP_LIT("token_not_found"),
  LLMP_LIT("Token not found")};
static const refusal_t inactive = {401, true, LLMP_LIT(AUTHENTICATION), LLMP_LIT("token_inactive"),
  LLMP_LIT("Token is inactive")};
static const refusal_t expired = {401, true, LLMP_LIT(AUTHENTICATION), LLMP_LIT("token_expired"),
  LLMP_LIT("Token has expired")};
static const refusal_t idle_expired = {401, true, LLMP_LIT(AUTHENTICATION), LLMP_LIT("token_idle_expired"),
  LLMP_LIT("Token has expired for lack of use")};
static const refusal_t parent_inactive = {401, true, LLMP_LIT(AUTHENTICATION),
  LLMP_LIT("token_parent_inactive"), LLMP_LIT("The token that made this token is no longer valid")};
static const refusal_t used_up = {429, true, LLMP_LIT("rate_limit_error"),
  LLMP_LIT("rate_limit_exceeded"),
  LLMP_LIT("Rate limit exceeded\nThe requests of this access token (max_requests) are used up.")};
static const refusal_t project_inactive = {403, false, LLMP_LIT("permission_error"),
  LLMP_LIT("project_inactive"), LLMP_LIT("Project is inactive")};
static const refusal_t unavailable = {503, false, LLMP_LIT("server_error"),
  LLMP_LIT("service_unavailable"), LLMP_LIT("Service temporarily unavailable")};

static const refusal_t wrong_address = {403, false, LLMP_LIT("permission_error"), LLMP_LIT("ip_not_allowed"),
  LLMP_LIT("This access token may not be used from this address")};
static const refusal_t unreadable_policy = {503, true, LLMP_LIT("server_error"),
  LLMP_LIT("policy_not_applied"),
  LLMP_LIT("A policy of this project or token cannot be read by this version of the gateway")};

static llmp_verdict_t refuse(auth_t *a, llmp_req_t *r, const refusal_t *why, llmp_err_t *e) {
  const llmp_request_api_t *req = a->host->req;
  if (why->http_status == 401) {
    (void)req->hdr_set(r, LLMP_MAP_RESPONSE, LLMP_S("www-authenticate"), LLMP_S("Bearer"));
  }
  if (why->never_retry) {
    (void)req->hdr_set(r, LLMP_MAP_RESPONSE, LLMP_S("x-should-retry"), LLMP_S("false"));
  }
  llmp_status_t status = req->respond_error(r, why->http_status, why->type, why->code, why->message);
  if (status != LLMP_OK) return LLMP_HOOK_FAIL(e, status, "cannot send the refusal");
  return LLMP_RESPOND;
}

/* The client learns that we cannot tell; why is for the operator's log only. */
static llmp_verdict_t store_failed(auth_t *a, llmp_req_t *r, llmp_status_t status, llmp_err_t *e) {
  char fields[48];
  int n = snprintf(fields, sizeof fields, "{\"status\":%d}", (int)status);
  a->host->req->log(r, LLMP_LOG_ERROR, LLMP_S("token store did not answer"),
                    llmp_slice(fields, n > 0 ? (size_t)n : 0));
  return refuse(a, r, &unavailable, e);
}

/* ------------------------------------------------------------------ the token ---------------- */

/* "sk-" and the unpadded base64url of 16 bytes. */
#define TOKEN_LENGTH 25
#define TOKEN_PREFIX "sk-"

static bool is_base64url(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* What the client presents, or why it is not even a token. The slice is lent by the host. */
static const refusal_t *presented(auth_t *a, llmp_req_t *r, llmp_str_t *token) {
  const llmp_request_api_t *req = a->host->req;
  llmp_str_t value = {NULL, 0}, second = {NULL, 0};
  if (req->hdr_get(r, LLMP_MAP_REQUEST, LLMP_S("authorization"), 0, &value) != LLMP_OK ||
      req->hdr_get(r, LLMP_MAP_REQUEST, LLMP_S("authorization"), 1, &second) == LLMP_OK) {
    return &no_bearer; /* two headers: we will not guess which one somebody else would believe */
  }
  value = llmp_trim(value);
  if (!llmp_istarts(value, LLMP_S("bearer")) || value.len == 6 ||
      (value.ptr[6] != ' ' && value.ptr[6] != '\t')) {
    return &no_bearer;
  }
  *token = llmp_trim(llmp_slice(value.ptr + 6, value.len - 6));
  if (token->len != TOKEN_LENGTH || !llmp_starts(*token, LLMP_S(TOKEN_PREFIX))) return &bad_format;
  for (size_t i = sizeof(TOKEN_PREFIX) - 1; i < TOKEN_LENGTH; i++) {
    if (!is_base64url(token->ptr[i])) return &bad_encoding;
  }
  return NULL;
}

static const refusal_t *judge(uint32_t state) {
  switch (state) {
    case LLMP_TOKEN_ACTIVE: return NULL;
    case LLMP_TOKEN_EXPIRED: return &expired;
    case LLMP_TOKEN_USED_UP: return &used_up;
    case LLMP_TOKEN_PROJECT_INACTIVE: return &project_inactive;
    case LLMP_TOKEN_IDLE_EXPIRED: return &idle_expired;
    case LLMP_TOKEN_PARENT_INACTIVE: return &parent_inactive;
    default: return &inactive; /* revoked, and whatever a newer host may add */
  }
}

/* ------------------------------------------------------------------ policies ----------------- */

/* Absent: 401, another value: 403. What it should be is not told. */
static llmp_verdict_t refuse_header(auth_t *a, llmp_req_t *r, const required_header_t *header, bool is_absent,
                                    llmp_err_t *e) {
  llmp_buf_t message = {0};
  LLMP_BUF_LIT(&message, "The header ");
  llmp_buf_str(&message, header->name);
  if (is_absent) {
    LLMP_BUF_LIT(&message, " is required to use this access token");
  } else {
    LLMP_BUF_LIT(&message, " does not have the value that this access token requires");
  }
  const refusal_t why = {
    is_absent ? 401 : 403, false,
    is_absent ? LLMP_S(AUTHENTICATION) : LLMP_S("permission_error"),
    is_absent ? LLMP_S("header_required") : LLMP_S("header_mismatch"), llmp_buf_view(&message)};
  llmp_verdict_t verdict = message.failed
    ? LLMP_HOOK_FAIL(e, LLMP_E_NO_MEMORY, "out of memory") : refuse(a, r, &why, e);
  llmp_buf_free(&message);
  return verdict;
}

/* Every line of that name has to have the value. The header is between the client and us. */
static llmp_verdict_t check_header(auth_t *a, llmp_req_t *r, const required_header_t *header, llmp_err_t *e) {
  const llmp_request_api_t *req = a->host->req;
  size_t n = 0;
  llmp_str_t value = {NULL, 0};
  while (req->hdr_get(r, LLMP_MAP_REQUEST, header->name, n, &value) == LLMP_OK) {
    if (!llmp_eq(llmp_trim(value), header->value)) return refuse_header(a, r, header, false, e);
    n++;
  }
  if (n == 0) return refuse_header(a, r, header, true, e);
  (void)req->hdr_remove(r, LLMP_MAP_UPSTREAM_REQUEST, header->name);
  return LLMP_CONTINUE;
}

static llmp_verdict_t check_policy(auth_t *a, llmp_req_t *r, const llmp_policy_t *source, llmp_err_t *e) {
  auth_policy_t *policy = (auth_policy_t *)llmp_policy_hold(&a->policies, source, e);
  if (policy == NULL) return LLMP_ERROR;
  llmp_verdict_t verdict = LLMP_CONTINUE;
  if (policy->n_ranges > 0) {
    llmp_str_t address = {NULL, 0};
    (void)a->host->req->attr_get(r, LLMP_ATTR_CLIENT_ADDR, &address);
    if (!auth_policy_allows_address(policy, address)) verdict = refuse(a, r, &wrong_address, e);
  }
  for (size_t i = 0; i < policy->n_headers && verdict == LLMP_CONTINUE; i++) {
    verdict = check_header(a, r, &policy->headers[i], e);
  }
  llmp_policy_drop(&a->policies, &policy->head);
  return verdict;
}

static llmp_verdict_t check_policies(auth_t *a, llmp_req_t *r, llmp_err_t *e) {
  llmp_ctx_t *ctx = a->host->ctx;
  uint32_t members = a->store->policy_members(ctx, r);
  if ((members & (AUTH_POLICY | LLMP_POLICY_UNREADABLE)) == 0) return LLMP_CONTINUE;
  if ((members & LLMP_POLICY_UNREADABLE) != 0) return refuse(a, r, &unreadable_policy, e);
  for (size_t i = 0;; i++) {
    llmp_policy_t policy = {.struct_size = sizeof policy};
    llmp_status_t status = a->store->policy_at(ctx, r, i, &policy);
    if (status == LLMP_E_NOT_FOUND) break;
    if (status != LLMP_OK) return LLMP_HOOK_FAIL(e, status, "the host does not show policy %zu", i);
    if ((policy.members & AUTH_POLICY) == 0) continue;
    llmp_verdict_t verdict = check_policy(a, r, &policy, e);
    if (verdict != LLMP_CONTINUE) return verdict;
  }
  (void)a->store->policy_applied(ctx, r, AUTH_POLICY);
  return LLMP_CONTINUE;
}

/* ------------------------------------------------------------------ hooks -------------------- */

#define COOKIE_LOADED 1u

/* `asked`: the token was loaded already, so the directory must be able to answer now. */
static llmp_verdict_t authenticate(auth_t *a, llmp_req_t *r, bool asked, llmp_err_t *e) {
  llmp_ctx_t *ctx = a->host->ctx;
  llmp_str_t token = {NULL, 0};
  const refusal_t *why = presented(a, r, &token);
  if (why != NULL) return refuse(a, r, why, e);

  llmp_token_t found = {.struct_size = sizeof found};
  llmp_status_t status = a->store->token_peek(ctx, r, token, &found);
  if (status == LLMP_E_WOULD_BLOCK && !asked) {
    status = a->store->token_load(ctx, r, token, COOKIE_LOADED);
    if (status == LLMP_OK) return LLMP_PAUSE;
  }
  if (status == LLMP_E_NOT_FOUND) return refuse(a, r, &unknown, e);
  if (status != LLMP_OK) return store_failed(a, r, status, e);

  why = judge(found.state);
  if (why != NULL) return refuse(a, r, why, e);
  status = a->store->token_bind(ctx, r);
  if (status != LLMP_OK) return store_failed(a, r, status, e);
  return check_policies(a, r, e);
}

static llmp_verdict_t request_headers(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) {
  (void)slot;
  return authenticate(inst, r, false, e);
}

static llmp_verdict_t on_event(void *inst, llmp_req_t *r, void **slot, uint32_t reason,
                               uint64_t cookie, llmp_out_t *out, llmp_err_t *e) {
  (void)slot;
  (void)out;
  if (reason != LLMP_EV_RESUME || cookie != COOKIE_LOADED) return LLMP_PAUSE;
  return authenticate(inst, r, true, e);
}

/* ------------------------------------------------------------------ lifecycle ---------------- */

static llmp_status_t create(const llmp_create_t *in, void **inst, llmp_err_t *e) {
  const llmp_store_api_t *store = llmp_service(in->host, LLMP_SVC_STORE, sizeof(llmp_store_api_t));
  if (store == NULL) return llmp_fail(e, LLMP_E_UNSUPPORTED, "needs the service " LLMP_SVC_STORE);
  auth_t *a = malloc(sizeof *a);
  if (a == NULL) return llmp_fail(e, LLMP_E_NO_MEMORY, "out of memory");
  a->host = in->host;
  a->store = store;
  llmp_policy_cache_init(&a->policies, auth_policy_compile, auth_policy_release);
  *inst = a;
  return LLMP_OK;
}

static void destroy(void *inst) {
  auth_t *a = inst;
  llmp_policy_cache_free(&a->policies);
  free(a);
}

static const llmp_middleware_t hooks = {
  .struct_size = sizeof hooks,
  .request_headers = request_headers,
  .on_event = on_event,
};
static const llmp_str_t provides[] = {LLMP_LIT("llmp.project_id"), LLMP_LIT("llmp.token_id")};
static const llmp_str_t services[] = {LLMP_LIT(LLMP_SVC_STORE)};
static const llmp_component_t component = {
  .struct_size = sizeof component,
  .kind = LLMP_KIND_MIDDLEWARE,
  .name = LLMP_LIT("auth"),
  .summary = LLMP_LIT("admits requests that show a valid access token"),
  .config_schema = LLMP_LIT(
    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
    "\"type\":\"object\",\"additionalProperties\":false}"),
  .provides = provides, .n_provides = sizeof provides / sizeof *provides,
  .services = services, .n_services = sizeof services / sizeof *services,
  .vtable = &hooks,
  .create = create,
  .destroy = destroy,
};
static const llmp_component_t *const components[] = {&component};
static const llmp_module_t module = {
  .struct_size = sizeof module,
  .abi_major = LLMP_ABI_MAJOR,
  .abi_minor = LLMP_ABI_MINOR,
  .id = LLMP_LIT("org.llm-proxy.auth"),
  .version = LLMP_LIT("0.2.0"),
  .vendor = LLMP_LIT("llm-proxy"),
  .build = LLMP_LIT(__VERSION__),
  .runtime = LLMP_LIT("c"),
  .flags = LLMP_MODULE_UNLOADABLE,
  .n_components = sizeof components / sizeof *components,
  .components = components,
};

LLMP_STAMP("abi=0.0;min=0;id=org.llm-proxy.auth;version=0.2.0;runtime=c");

LLMP_EXPORT const llmp_module_t *llm_proxy_plugin_entry_v0(const llmp_loader_t *loader) {
  return loader != NULL && loader->abi_major == LLMP_ABI_MAJOR ? &module : NULL;
}
