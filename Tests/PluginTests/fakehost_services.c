/* The services: store, apis, json, timer. */
#include <jansson.h>

#include "fakehost.h"
#include "llmp_json.h"

static fh_t *host(llmp_ctx_t *c) { return (fh_t *)c; }

/* ------------------------------------------------------------------ llmp.store/1 ------------- */

static fh_token_t *find(fh_t *h, llmp_str_t secret) {
  for (size_t i = 0; i < h->n_tokens; i++) {
    if (llmp_eq(llmp_slice(h->tokens[i].secret, strlen(h->tokens[i].secret)), secret)) return &h->tokens[i];
  }
  return NULL;
}

static llmp_status_t token_peek(llmp_ctx_t *c, llmp_req_t *r, llmp_str_t secret, llmp_token_t *t) {
  fh_request_t *q = (fh_request_t *)r;
  fh_need_hook(q, "token_peek");
  fh_token_t *token = find(host(c), secret);
  if (token == NULL) return LLMP_E_NOT_FOUND;
  if (token->peek != LLMP_OK) return token->peek;
  t->state = token->state;
  t->token_id = fh_lend(q, -1, token->token_id, strlen(token->token_id));
  t->project_id = fh_lend(q, -1, token->project_id, strlen(token->project_id));
  return LLMP_OK;
}

static llmp_status_t token_load(llmp_ctx_t *c, llmp_req_t *r, llmp_str_t secret, uint64_t cookie) {
  fh_request_t *q = (fh_request_t *)r;
  fh_need_hook(q, "token_load");
  fh_token_t *token = find(host(c), secret);
  host(c)->loads++;
  if (token == NULL) return LLMP_E_INTERNAL;
  if (token->load != LLMP_OK) return token->load;
  token->peek = token->after_load;
  fh_event_t *event = calloc(1, sizeof *event);
  if (event == NULL) abort();
  *event = (fh_event_t){LLMP_EV_RESUME, cookie, q->events};
  q->events = event;
  return LLMP_OK;
}

static llmp_status_t token_bind(llmp_ctx_t *c, llmp_req_t *r) {
  fh_need_hook((fh_request_t *)r, "token_bind");
  host(c)->binds++;
  return host(c)->n_tokens > 0 ? host(c)->tokens[0].bind : LLMP_E_STATE;
}

static uint32_t policy_members(llmp_ctx_t *c, llmp_req_t *r) {
  uint32_t members = 0;
  fh_need_hook((fh_request_t *)r, "policy_members");
  for (size_t i = 0; i < host(c)->n_policies; i++) members |= host(c)->policies[i].members;
  return members;
}

static llmp_status_t policy_at(llmp_ctx_t *c, llmp_req_t *r, size_t i, llmp_policy_t *p) {
  fh_request_t *q = (fh_request_t *)r;
  fh_need_hook(q, "policy_at");
  if (i >= host(c)->n_policies) return LLMP_E_NOT_FOUND;
  const char *json = host(c)->policies[i].json;
  p->owner = host(c)->policies[i].owner;
  p->members = host(c)->policies[i].members;
  p->number = host(c)->policy_generation + i + 1;
  p->owner_id = fh_lend(q, -1, "owner", 5);
  p->json = fh_lend(q, -1, json, strlen(json));
  return LLMP_OK;
}

static llmp_status_t policy_applied(llmp_ctx_t *c, llmp_req_t *r, uint32_t members) {
  fh_need_hook((fh_request_t *)r, "policy_applied");
  host(c)->applied |= members;
  return LLMP_OK;
}

void fh_policy(fh_t *h, uint32_t owner, uint32_t members, const char *json) {
  h->policies[h->n_policies].owner = owner;
  h->policies[h->n_policies].members = members;
  h->policies[h->n_policies++].json = json;
}

static const llmp_store_api_t store = {sizeof store, 0, token_peek, token_load, token_bind, policy_members,
                                       policy_at, policy_applied};

/* ------------------------------------------------------------------ llmp.apis/1 -------------- */

static size_t count(llmp_ctx_t *c) { return host(c)->n_apis; }

static llmp_status_t at(llmp_ctx_t *c, size_t i, llmp_str_t *name, llmp_str_t *settings) {
  if (i >= host(c)->n_apis) return LLMP_E_NOT_FOUND;
  *name = llmp_slice(host(c)->api_names[i], strlen(host(c)->api_names[i]));
  *settings = llmp_slice(host(c)->api_settings[i], strlen(host(c)->api_settings[i]));
  return LLMP_OK;
}

static size_t selected(llmp_ctx_t *c, llmp_req_t *r) {
  fh_need_hook((fh_request_t *)r, "selected");
  return host(c)->selected;
}

static llmp_status_t forward(llmp_ctx_t *c, llmp_req_t *r, size_t i) {
  fh_need_hook((fh_request_t *)r, "forward");
  if (i >= host(c)->n_apis) return LLMP_E_NOT_FOUND;
  ((fh_request_t *)r)->forwarded_to = i;
  return LLMP_OK;
}

static const llmp_apis_api_t apis = {sizeof apis, 0, count, at, selected, forward};

/* ------------------------------------------------------------------ llmp.json/1 -------------- */

/* Strict about structure, lenient about the bytes of strings, as the real host is. */
static const char *valid_value(const char *p, const char *end, int depth);

static const char *valid_string(const char *p, const char *end) {
  for (p++; p < end && *p != '"'; p++) {
    if ((unsigned char)*p < 0x20) return NULL;
    if (*p == '\\' && (++p == end || strchr("\"\\/bfnrtu", *p) == NULL)) return NULL;
  }
  return p < end ? p + 1 : NULL;
}

static const char *valid_container(const char *p, const char *end, int depth) {
  bool object = *p == '{';
  p = llmp_json_space(p + 1, end);
  if (p < end && *p == (object ? '}' : ']')) return p + 1;
  for (;;) {
    if (object) {
      if (p == end || *p != '"' || (p = valid_string(p, end)) == NULL) return NULL;
      p = llmp_json_space(p, end);
      if (p == end || *p++ != ':') return NULL;
      p = llmp_json_space(p, end);
    }
    p = valid_value(p, end, depth + 1);
    if (p == NULL) return NULL;
    p = llmp_json_space(p, end);
    if (p == end) return NULL;
    if (*p == (object ? '}' : ']')) return p + 1;
    if (*p++ != ',') return NULL;
    p = llmp_json_space(p, end);
  }
}

static const char *valid_value(const char *p, const char *end, int depth) {
  if (p == end || depth > 128) return NULL;
  if (*p == '"') return valid_string(p, end);
  if (*p == '{' || *p == '[') return valid_container(p, end, depth);
  const char *start = p;
  while (p < end && strchr("+-.0123456789aEeflnrstu", *p) != NULL && *p != 0) p++;
  json_t *scalar = p > start ? json_loadb(start, (size_t)(p - start),
    JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL) : NULL;
  bool huge = scalar == NULL && p > start && (*start == '-' || (*start >= '0' && *start <= '9')); /* 1e999 */
  json_decref(scalar);
  return scalar != NULL || huge ? p : NULL;
}

/* The key as a parser reads it: equal to name, or, for `loosely`, but for case. */
static bool matches(llmp_str_t key, llmp_str_t name, bool loosely) {
  json_t *decoded = json_loadb(key.ptr - 1, key.len + 2, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
  if (decoded != NULL) key = llmp_slice(json_string_value(decoded), json_string_length(decoded));
  bool same = loosely ? llmp_ieq(key, name) : llmp_eq(key, name);
  json_decref(decoded);
  return same;
}

static bool same_name(llmp_str_t key, llmp_str_t name) { return matches(key, name, false); }

bool fh_json_member(const char *body, size_t n, llmp_str_t name, size_t nth, llmp_str_t *raw, bool *valid) {
  const char *end = body + n, *p = llmp_json_space(body, end);
  const char *after = p < end && *p == '{' ? valid_value(p, end, 0) : NULL;
  *valid = after != NULL && llmp_json_space(after, end) == end;
  llmp_json_iter_t it;
  llmp_str_t key = {NULL, 0};
  if (!*valid || !llmp_json_open(&it, llmp_slice(body, n))) return false;
  while (llmp_json_next(&it, &key, raw)) {
    if (same_name(key, name) && nth-- == 0) return true;
  }
  return false;
}

static llmp_status_t look(fh_request_t *q, llmp_map_t body, llmp_str_t name, size_t nth, llmp_str_t *raw) {
  const char *text = body == LLMP_MAP_REQUEST ? q->body : q->upstream_body;
  size_t n = body == LLMP_MAP_REQUEST ? q->body_len : text != NULL ? strlen(text) : 0;
  if (text == NULL) return LLMP_E_STATE;
  llmp_str_t found;
  bool valid;
  if (!fh_json_member(text, n, name, nth, &found, &valid)) return valid ? LLMP_E_NOT_FOUND : LLMP_E_INVALID;
  *raw = fh_lend(q, -1, found.ptr, found.len);
  return LLMP_OK;
}

static llmp_status_t get(llmp_ctx_t *c, llmp_req_t *r, llmp_map_t body, llmp_str_t pointer, llmp_str_t *raw) {
  (void)c;
  fh_need_hook((fh_request_t *)r, "json get");
  if (pointer.len < 1) return LLMP_E_UNSUPPORTED;
  return look((fh_request_t *)r, body, llmp_slice(pointer.ptr + 1, pointer.len - 1), 0, raw);
}

static llmp_status_t member(llmp_ctx_t *c, llmp_req_t *r, llmp_map_t body, llmp_str_t name, size_t nth,
  llmp_str_t *raw) {
  (void)c;
  fh_need_hook((fh_request_t *)r, "json member");
  return look((fh_request_t *)r, body, name, nth, raw);
}

static llmp_status_t lookalike(llmp_ctx_t *c, llmp_req_t *r, llmp_map_t body, llmp_str_t name,
  llmp_str_t *found) {
  fh_request_t *q = (fh_request_t *)r;
  llmp_json_iter_t it;
  llmp_str_t key = {NULL, 0}, value = {NULL, 0};
  (void)c;
  fh_need_hook(q, "json lookalike");
  if (body != LLMP_MAP_REQUEST || q->body == NULL || !llmp_json_open(&it, llmp_slice(q->body, q->body_len))) {
    return LLMP_E_STATE;
  }
  while (llmp_json_next(&it, &key, &value)) {
    if (!matches(key, name, true) || same_name(key, name)) continue;
    *found = fh_lend(q, -1, key.ptr, key.len);
    return LLMP_OK;
  }
  return LLMP_E_NOT_FOUND;
}

/* Replaces, adds behind the last member or removes; names in pointers are taken as they are. */
static llmp_status_t set(llmp_ctx_t *c, llmp_req_t *r, llmp_map_t body, llmp_str_t pointer, llmp_str_t raw) {
  fh_request_t *q = (fh_request_t *)r;
  llmp_str_t name = llmp_slice(pointer.ptr + 1, pointer.len - 1), key, value;
  llmp_json_iter_t it;
  (void)c;
  fh_need_hook(q, "json set");
  if (body != LLMP_MAP_REQUEST || q->body == NULL || !llmp_json_open(&it, llmp_slice(q->body, q->body_len))) {
    return LLMP_E_STATE;
  }
  const char *from = NULL, *to = NULL;
  while (from == NULL && llmp_json_next(&it, &key, &value)) {
    if (!same_name(key, name)) continue;
    from = raw.len > 0 ? value.ptr : key.ptr - 1;
    to = value.ptr + value.len;
    if (raw.len == 0 && *to == ',') {
      to++;
    } else if (raw.len == 0 && from[-1] == ',') {
      from--;
    }
  }
  if (from == NULL && raw.len == 0) return LLMP_E_NOT_FOUND;
  bool adds = from == NULL, empty = q->body_len == 2;
  if (adds) from = to = q->body + q->body_len - 1;
  size_t n = q->body_len + name.len + raw.len + 5, at = (size_t)(from - q->body);
  char *made = malloc(n);
  if (made == NULL) abort();
  memcpy(made, q->body, at);
  if (adds) {
    at += (size_t)snprintf(made + at, n - at, "%s\"%.*s\":", empty ? "" : ",", (int)name.len, name.ptr);
  }
  memcpy(made + at, raw.ptr, raw.len);
  at += raw.len;
  size_t rest = q->body_len - (size_t)(to - q->body);
  memcpy(made + at, to, rest);
  fh_take_back(q, -1);
  fh_body(q, made, at + rest);
  free(made);
  return LLMP_OK;
}

static const llmp_json_api_t json = {sizeof json, 0, get, set, member, lookalike};

/* ------------------------------------------------------------------ llmp.timer/1 ------------- */

static llmp_status_t start(llmp_ctx_t *c, llmp_req_t *r, uint64_t delay_ms, uint64_t period_ms,
                           void (*fire)(void *ud, llmp_req_t *r), void *ud, llmp_free_fn ud_free,
                             uint64_t *id) {
  fh_t *h = host(c);
  fh_timer_t *t = calloc(1, sizeof *t);
  if (t == NULL) abort();
  *t = (fh_timer_t){.id = ++h->last_timer, .due_ms = h->mono_ms + delay_ms, .period_ms = period_ms,
    .fire = fire,
                    .ud = ud, .ud_free = ud_free, .request = (fh_request_t *)r, .next = h->timers};
  h->timers = t;
  *id = t->id;
  return LLMP_OK;
}

static void cancel(llmp_ctx_t *c, uint64_t id) {
  for (fh_timer_t *t = host(c)->timers; t != NULL; t = t->next) {
    if (t->id == id) t->over = true;
  }
}

static const llmp_timer_api_t timer = {sizeof timer, 0, start, cancel};

/* ------------------------------------------------------------------ by name ------------------ */

const void *fh_service(llmp_ctx_t *c, const char *id) {
  const char *absent = host(c)->without_service;
  if (absent != NULL && strcmp(absent, id) == 0) return NULL;
  return strcmp(id, LLMP_SVC_STORE) == 0 ? (const void *)&store : strcmp(id, LLMP_SVC_APIS) == 0 ? &apis
       : strcmp(id, LLMP_SVC_JSON) == 0 ? (const void *)&json : strcmp(id, LLMP_SVC_TIMER) == 0 ? &timer
         : NULL;
}
