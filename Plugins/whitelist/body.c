/* The parameters of a body. */
#include "llmp_json.h"
#include "models.h"
#include "stage.h"
#include "text.h"

#define OCCURRENCES_MAX 8     /* a name given more often is refused: nobody means that */
#define SHOWN_VALUE_MAX 200   /* bytes of a value in a message */
#define SHOWN_PATTERNS_MAX 1000

/* ------------------------------------------------------------------ content types ------------ */

typedef enum content { CONTENT_ABSENT, CONTENT_JSON, CONTENT_OPAQUE, CONTENT_OTHER } content_t;

/* type/subtype alone: what stands before parameters. */
static llmp_str_t media_type(llmp_str_t value) {
  size_t n = 0;
  while (n < value.len && value.ptr[n] != ';' && value.ptr[n] != ',') n++;
  return llmp_trim(llmp_slice(value.ptr, n));
}

static bool ends_with_json(llmp_str_t type) {
  return type.len > 5 && llmp_ieq(llmp_slice(type.ptr + type.len - 5, 5), LLMP_S("+json"));
}

static content_t classify(llmp_str_t value) {
  llmp_str_t type = media_type(value);
  if (llmp_ieq(type, LLMP_S("application/json")) || llmp_ieq(type, LLMP_S("text/json")) ||
    ends_with_json(type)) {
    return CONTENT_JSON;
  }
  if (llmp_istarts(type, LLMP_S("multipart/")) || llmp_istarts(type, LLMP_S("audio/")) ||
      llmp_istarts(type, LLMP_S("image/")) || llmp_istarts(type, LLMP_S("video/")) ||
      llmp_ieq(type, LLMP_S("application/octet-stream"))) {
    return CONTENT_OPAQUE;
  }
  return CONTENT_OTHER;
}

/* What the body has to be taken for. Of several content-type lines nobody knows which one the provider
 * believes, and where only JSON makes sense it may believe none: JSON wins. */
static content_t content_of(const llmp_request_api_t *req, llmp_req_t *r) {
  const llmp_str_t name = LLMP_S("content-type");
  llmp_str_t value = {NULL, 0}, second = {NULL, 0}, path = {NULL, 0};
  bool is_given = req->hdr_get(r, LLMP_MAP_REQUEST, name, 0, &value) == LLMP_OK;
  content_t content = is_given ? classify(value) : CONTENT_ABSENT;
  if (content == CONTENT_JSON) return content;
  if (is_given && req->hdr_get(r, LLMP_MAP_REQUEST, name, 1, &second) == LLMP_OK) return CONTENT_JSON;
  (void)req->attr_get(r, LLMP_ATTR_PATH, &path);
  return models_path_takes_json(path) ? CONTENT_JSON : content;
}

static bool announces_body(const llmp_request_api_t *req, llmp_req_t *r) {
  llmp_str_t value = {NULL, 0};
  if (req->hdr_get(r, LLMP_MAP_REQUEST, LLMP_S("transfer-encoding"), 0, &value) == LLMP_OK) return true;
  return req->hdr_get(r, LLMP_MAP_REQUEST, LLMP_S("content-length"), 0, &value) == LLMP_OK &&
         !llmp_eq(llmp_trim(value), LLMP_S("0"));
}

static bool may_bring_body(const whitelist_t *w, llmp_req_t *r) {
  const llmp_request_api_t *req = w->host->req;
  llmp_str_t method = {NULL, 0};
  (void)req->attr_get(r, LLMP_ATTR_METHOD, &method);
  bool usual = llmp_ieq(method, LLMP_S("POST")) || llmp_ieq(method, LLMP_S("PUT")) ||
               llmp_ieq(method, LLMP_S("PATCH"));
  return usual || announces_body(req, r);
}

bool whitelist_may_hold_parameters(const whitelist_t *w, llmp_req_t *r) {
  return may_bring_body(w, r) && content_of(w->host->req, r) != CONTENT_OPAQUE;
}

static bool is_multipart(const llmp_request_api_t *req, llmp_req_t *r) {
  llmp_str_t value = {NULL, 0};
  return req->hdr_get(r, LLMP_MAP_REQUEST, LLMP_S("content-type"), 0, &value) == LLMP_OK &&
         llmp_istarts(media_type(value), LLMP_S("multipart/"));
}

/* Bodies of other opaque kinds name none; where one is needed the head is enough to refuse, but the refusal
 * is the body's, so it is held too. */
bool whitelist_may_name_model(const whitelist_t *w, llmp_req_t *r) { return may_bring_body(w, r); }

/* ------------------------------------------------------------------ refusals ----------------- */

static void add_patterns(llmp_buf_t *out, const parameter_t *parameter) {
  size_t start = out->len;
  for (size_t i = 0; i < parameter->n_globs; i++) {
    json_t *pattern = json_array_get(parameter->patterns, i);
    if (i > 0) llmp_buf_char(out, ' ');
    if (out->len - start > SHOWN_PATTERNS_MAX) {
      LLMP_BUF_LIT(out, "...");
      return;
    }
    text_add_clean(out, llmp_slice(json_string_value(pattern), json_string_length(pattern)),
      SHOWN_PATTERNS_MAX);
  }
}

/* "Parameter 'model' value 'X' is not allowed. Allowed patterns: [a b c]" */
static llmp_verdict_t refuse_value(const whitelist_t *w, llmp_req_t *r, const parameter_t *parameter,
                                   llmp_str_t value, llmp_err_t *e) {
  llmp_buf_t message = {0};
  LLMP_BUF_LIT(&message, "Parameter '");
  text_add_clean(&message, parameter->name, SHOWN_VALUE_MAX);
  LLMP_BUF_LIT(&message, "' value '");
  text_add_clean(&message, value, SHOWN_VALUE_MAX);
  LLMP_BUF_LIT(&message, "' is not allowed. Allowed patterns: [");
  add_patterns(&message, parameter);
  LLMP_BUF_LIT(&message, "]");
  llmp_verdict_t verdict = message.failed
    ? LLMP_HOOK_FAIL(e, LLMP_E_NO_MEMORY, "out of memory")
    : whitelist_refuse(w, r, 400, LLMP_S("param_not_allowed"), llmp_buf_view(&message), e);
  llmp_buf_free(&message);
  return verdict;
}

/* "Parameter 'n' is given too many times" */
static llmp_verdict_t refuse_name(const whitelist_t *w, llmp_req_t *r, llmp_str_t name, llmp_str_t why,
                                  llmp_err_t *e) {
  llmp_buf_t message = {0};
  LLMP_BUF_LIT(&message, "Parameter '");
  text_add_clean(&message, name, SHOWN_VALUE_MAX);
  llmp_buf_str(&message, why);
  llmp_verdict_t verdict = message.failed
    ? LLMP_HOOK_FAIL(e, LLMP_E_NO_MEMORY, "out of memory")
    : whitelist_refuse(w, r, 400, LLMP_S("param_not_allowed"), llmp_buf_view(&message), e);
  llmp_buf_free(&message);
  return verdict;
}

static llmp_verdict_t refuse_body(const whitelist_t *w, llmp_req_t *r, llmp_err_t *e) {
  return whitelist_refuse(w, r, 400, LLMP_S("invalid_request_body"),
    LLMP_S("Request body is not valid JSON\n"
           "the parameters of this API are restricted, so the body must be one JSON object"), e);
}

/* ------------------------------------------------------------------ checking ----------------- */

typedef enum finding { FINDING_ALLOWED, FINDING_ANSWERED, FINDING_NOT_JSON } finding_t;

bool whitelist_lookalike(const whitelist_t *w, llmp_req_t *r, llmp_str_t name, llmp_str_t *found) {
  return w->json->lookalike(w->host->ctx, r, LLMP_MAP_REQUEST, name, found) == LLMP_OK;
}

/* Every occurrence of the parameter. ANSWERED: *verdict is what the hook returns. */
static finding_t check(const whitelist_t *w, llmp_req_t *r, const parameter_t *parameter,
                       llmp_verdict_t *verdict, llmp_err_t *e) {
  llmp_str_t other = {NULL, 0};
  if (whitelist_lookalike(w, r, parameter->name, &other)) {
    *verdict = refuse_name(w, r, other, LLMP_S(WHITELIST_LOOKALIKE), e);
    return FINDING_ANSWERED;
  }
  for (size_t nth = 0;; nth++) {
    llmp_str_t raw = {NULL, 0}, text = {NULL, 0};
    llmp_status_t status = w->json->member(w->host->ctx, r, LLMP_MAP_REQUEST, parameter->name, nth, &raw);
    if (status == LLMP_E_NOT_FOUND) return FINDING_ALLOWED;
    if (status == LLMP_E_INVALID) return FINDING_NOT_JSON;
    if (status != LLMP_OK) {
      *verdict = LLMP_HOOK_FAIL(e, status, "the host cannot read the body's members");
      return FINDING_ANSWERED;
    }
    if (nth == OCCURRENCES_MAX) {
      *verdict = refuse_name(w, r, parameter->name, LLMP_S("' is given too many times"), e);
      return FINDING_ANSWERED;
    }
    llmp_buf_t scratch = {0};
    bool known = text_of_json(raw, &scratch, &text);
    bool allowed = known && parameter_allows(parameter, text);
    if (!allowed) *verdict = refuse_value(w, r, parameter, known ? text : raw, e);
    llmp_buf_free(&scratch);
    if (!allowed) return FINDING_ANSWERED;
  }
}

/* Whether a body without content-type could be read as JSON by somebody: also UTF-16 and UTF-32, and
 * UTF-8 with a byte order mark, which Python's json.loads accepts and we refuse. */
static bool looks_like_json(llmp_str_t body, const char *start) {
  if (*start == '{' || *start == '[') return true;
  if (llmp_starts(body, LLMP_S("\xEF\xBB\xBF")) || llmp_starts(body, LLMP_S("\xFE\xFF")) ||
      llmp_starts(body, LLMP_S("\xFF\xFE"))) {
    return true;
  }
  return memchr(body.ptr, 0, body.len < 4 ? body.len : 4) != NULL;
}

/* Whether the body is one JSON object; NOT_JSON also for what need not be it. */
typedef enum shape { SHAPE_NOTHING, SHAPE_OBJECT, SHAPE_NOT_JSON, SHAPE_MALFORMED } shape_t;

static shape_t shape_of(const whitelist_t *w, llmp_req_t *r, llmp_str_t body) {
  llmp_str_t raw = {NULL, 0};
  const char *start = llmp_json_space(body.ptr, body.ptr + body.len);
  if (start == body.ptr + body.len) return SHAPE_NOTHING; /* nothing but space holds no parameter */
  content_t content = content_of(w->host->req, r);
  bool must_be_json = content == CONTENT_JSON || (content == CONTENT_ABSENT && looks_like_json(body, start));
  if (content == CONTENT_OPAQUE || (!must_be_json && *start != '{')) return SHAPE_NOT_JSON;
  /* Any name will do: the answer says whether there is an object to look into. */
  if (w->json->member(w->host->ctx, r, LLMP_MAP_REQUEST, LLMP_S("model"), 0, &raw) != LLMP_E_INVALID) {
    return SHAPE_OBJECT;
  }
  /* JSON lines sent as text begin with a brace too; only what claims to be JSON must be it. */
  return must_be_json ? SHAPE_MALFORMED : SHAPE_NOT_JSON;
}

static llmp_verdict_t check_rules(const whitelist_t *w, llmp_req_t *r, const rules_t *rules, llmp_err_t *e) {
  for (size_t i = 0; i < rules->n_parameters; i++) {
    llmp_verdict_t verdict = LLMP_CONTINUE;
    switch (check(w, r, &rules->parameters[i], &verdict, e)) {
      case FINDING_ALLOWED: break;
      case FINDING_ANSWERED: return verdict;
      case FINDING_NOT_JSON: return refuse_body(w, r, e);
    }
  }
  return LLMP_CONTINUE;
}

llmp_verdict_t whitelist_check_body(const whitelist_t *w, llmp_req_t *r, const rules_t *rules, uint32_t members,
                                    llmp_err_t *e) {
  const llmp_request_api_t *req = w->host->req;
  llmp_str_t bytes = {NULL, 0};
  llmp_status_t status = req->body_get(r, LLMP_MAP_REQUEST, &bytes);
  if (status != LLMP_OK) return LLMP_HOOK_FAIL(e, status, "the host did not hold the body");
  shape_t shape = shape_of(w, r, bytes);
  if (shape == SHAPE_MALFORMED) return refuse_body(w, r, e);
  llmp_verdict_t verdict = LLMP_CONTINUE;
  /* What is sent is what has to be allowed: edits come before all checks. */
  if (shape == SHAPE_OBJECT && (members & LLMP_POLICY_PARAMETERS) != 0) verdict = policed_edit(w, r, e);
  if (shape == SHAPE_OBJECT && verdict == LLMP_CONTINUE) verdict = check_rules(w, r, rules, e);
  if (verdict != LLMP_CONTINUE || (members & WHITELIST_POLICY_BODY) == 0) return verdict;
  policed_body_t body = {.is_json = shape == SHAPE_OBJECT};
  body.is_multipart = shape == SHAPE_NOT_JSON && is_multipart(req, r);
  if (body.is_multipart) body.bytes = bytes;
  return policed_body(w, r, members & WHITELIST_POLICY_BODY, &body, e);
}
