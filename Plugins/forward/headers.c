/* What the provider and the client are told about the exchange in headers. */
#include "stage.h"
#include "llmp_buf.h"

#define UP LLMP_MAP_UPSTREAM_REQUEST
#define DOWN LLMP_MAP_RESPONSE

/* Claims about the client's address that only a trusted hop could make. */
static const llmp_str_t client_claims[] = {
  LLMP_LIT("x-real-ip"), LLMP_LIT("cf-connecting-ip"), LLMP_LIT("cf-ipcountry"),
  LLMP_LIT("x-client-ip"), LLMP_LIT("x-original-forwarded-for"),
};

/* The first failure of several calls. */
static void note(llmp_status_t *first, llmp_status_t status) {
  if (*first == LLMP_OK && status != LLMP_E_NOT_FOUND) *first = status;
}

static void set_attribute(const llmp_request_api_t *req, llmp_req_t *r, llmp_map_t map, llmp_str_t name,
                          llmp_attr_t attribute, llmp_status_t *first) {
  llmp_str_t value = {NULL, 0};
  if (req->attr_get(r, attribute, &value) == LLMP_OK && value.len > 0) {
    note(first, req->hdr_set(r, map, name, value));
  }
}

static llmp_status_t append_forwarded(const llmp_request_api_t *req, llmp_req_t *r, llmp_str_t peer) {
  llmp_buf_t list = {0};
  llmp_str_t line;
  for (size_t nth = 0;
       req->hdr_get(r, LLMP_MAP_REQUEST, LLMP_S("x-forwarded-for"), nth, &line) == LLMP_OK; nth++) {
    line = llmp_trim(line);
    if (line.len == 0) continue;
    llmp_buf_str(&list, line);
    LLMP_BUF_LIT(&list, ", ");
  }
  llmp_buf_str(&list, peer);
  llmp_status_t status = list.failed
    ? LLMP_E_NO_MEMORY : req->hdr_set(r, UP, LLMP_S("x-forwarded-for"), llmp_buf_view(&list));
  llmp_buf_free(&list);
  return status;
}

static llmp_status_t forwarded_for(const forward_t *f, llmp_req_t *r) {
  const llmp_request_api_t *req = f->host->req;
  llmp_str_t peer = {NULL, 0};
  if (f->forwarded_for == FORWARDED_REMOVE ||
      req->attr_get(r, LLMP_ATTR_CLIENT_ADDR, &peer) != LLMP_OK || peer.len == 0) {
    return req->hdr_remove(r, UP, LLMP_S("x-forwarded-for"));
  }
  if (f->forwarded_for == FORWARDED_APPEND) return append_forwarded(req, r, peer);
  return req->hdr_set(r, UP, LLMP_S("x-forwarded-for"), peer);
}

/* Whether the first `stream` of the query is exactly "true". */
static bool asks_for_stream(llmp_str_t query) {
  while (query.len > 0) {
    const char *ampersand = memchr(query.ptr, '&', query.len);
    size_t n = ampersand != NULL ? (size_t)(ampersand - query.ptr) : query.len;
    llmp_str_t pair = llmp_slice(query.ptr, n);
    if (llmp_starts(pair, LLMP_S("stream="))) return llmp_eq(pair, LLMP_S("stream=true"));
    size_t used = ampersand != NULL ? n + 1 : n;
    query = llmp_slice(query.ptr + used, query.len - used);
  }
  return false;
}

static llmp_status_t accept_stream(const llmp_request_api_t *req, llmp_req_t *r) {
  llmp_str_t value = {NULL, 0};
  if (req->attr_get(r, LLMP_ATTR_QUERY, &value) != LLMP_OK || !asks_for_stream(value) ||
      req->hdr_get(r, LLMP_MAP_REQUEST, LLMP_S("accept"), 0, &value) == LLMP_OK) {
    return LLMP_OK;
  }
  return req->hdr_set(r, UP, LLMP_S("accept"), LLMP_S("text/event-stream"));
}

llmp_status_t forward_edit_request(const forward_t *f, llmp_req_t *r, uint64_t start_unix_ns) {
  const llmp_request_api_t *req = f->host->req;
  llmp_status_t first = forward_strip_cookies(req, r);
  for (size_t i = 0; i < sizeof client_claims / sizeof *client_claims; i++) {
    note(&first, req->hdr_remove(r, UP, client_claims[i]));
  }
  note(&first, forwarded_for(f, r));
  note(&first, accept_stream(req, r));
  set_attribute(req, r, UP, LLMP_S("x-request-id"), LLMP_ATTR_REQUEST_ID, &first);
  if (f->identify) {
    llmp_str_t project = {NULL, 0};
    note(&first, req->hdr_set(r, UP, LLMP_S("x-proxy"), LLMP_S("llm-proxy")));
    note(&first, req->hdr_set(r, UP, LLMP_S("x-proxy-version"), f->host->version));
    note(&first, req->meta_get_str(r, LLMP_META_PROJECT_ID, &project) == LLMP_OK
      ? req->hdr_set(r, UP, LLMP_S("x-proxy-id"), project)
      : req->hdr_remove(r, UP, LLMP_S("x-proxy-id")));
  }
  if (f->timing_headers) {
    char digits[LLMP_DECIMAL_MAX];
    llmp_str_t start = llmp_slice(digits, llmp_decimal(digits, start_unix_ns));
    note(&first, req->hdr_set(r, UP, LLMP_S("x-upstream-request-start"), start));
  }
  return first;
}

static void set_times(const llmp_request_api_t *req, llmp_req_t *r, const llmp_exchange_t *x,
                      uint64_t start_ns, uint64_t now_ns, llmp_status_t *first) {
  char text[FORWARD_TIMING_MAX];
  llmp_str_t value = {text, 0};
  if (x->received_unix_ms > 0) {
    value.len = forward_format_time(text, (uint64_t)x->received_unix_ms * 1000000u);
    note(first, req->hdr_set(r, DOWN, LLMP_S("x-proxy-received-at"), value));
  }
  value.len = forward_format_time(text, now_ns);
  note(first, req->hdr_set(r, DOWN, LLMP_S("x-proxy-first-response-at"), value));
  note(first, req->hdr_set(r, DOWN, LLMP_S("x-proxy-final-response-at"), value));
  value.len = forward_format_timing(text, x);
  note(first, req->hdr_add(r, DOWN, LLMP_S("server-timing"), value));
  if (x->attempts == 0 && (x->flags & LLMP_EXCHANGE_GATEWAY_REPLY) != 0) return; /* nobody was asked */
  value.len = llmp_decimal(text, start_ns);
  note(first, req->hdr_set(r, DOWN, LLMP_S("x-upstream-request-start"), value));
  value.len = llmp_decimal(text, now_ns);
  note(first, req->hdr_set(r, DOWN, LLMP_S("x-upstream-request-stop"), value));
}

llmp_status_t forward_edit_response(const forward_t *f, llmp_req_t *r, uint64_t start_unix_ns) {
  const llmp_request_api_t *req = f->host->req;
  llmp_status_t first = LLMP_OK;
  set_attribute(req, r, DOWN, LLMP_S("x-request-id"), LLMP_ATTR_REQUEST_ID, &first);
  if (f->identify) note(&first, req->hdr_set(r, DOWN, LLMP_S("x-proxy"), LLMP_S("llm-proxy")));
  if (f->timing_headers) {
    llmp_exchange_t x = {.struct_size = sizeof x};
    if (req->exchange_get(r, &x) == LLMP_OK) {
      set_times(req, r, &x, start_unix_ns, forward_unix_ns(), &first);
    }
  }
  return first;
}
