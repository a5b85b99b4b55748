/* Our own cookies stay with us; everybody else's pass untouched. */
#include "stage.h"
#include "llmp_buf.h"

static bool is_ours(llmp_str_t pair) {
  pair = llmp_trim(pair);
  return llmp_istarts(pair, LLMP_S("llmproxy")) || llmp_istarts(pair, LLMP_S("llm_proxy"));
}

/* Next "name=value" of a cookie header, without its semicolon; false at the end. */
static bool next_pair(llmp_str_t *rest, llmp_str_t *pair) {
  if (rest->len == 0) return false;
  const char *semicolon = memchr(rest->ptr, ';', rest->len);
  size_t n = semicolon != NULL ? (size_t)(semicolon - rest->ptr) : rest->len;
  *pair = llmp_slice(rest->ptr, n);
  size_t used = semicolon != NULL ? n + 1 : n;
  *rest = llmp_slice(rest->ptr + used, rest->len - used);
  return true;
}

static bool holds_ours(llmp_str_t cookies) {
  llmp_str_t pair;
  while (next_pair(&cookies, &pair)) {
    if (is_ours(pair)) return true;
  }
  return false;
}

/* All cookie lines as one, without ours. */
static llmp_status_t rewrite(const llmp_request_api_t *req, llmp_req_t *r) {
  llmp_buf_t kept = {0};
  llmp_str_t line, pair;
  for (size_t nth = 0;
       req->hdr_get(r, LLMP_MAP_UPSTREAM_REQUEST, LLMP_S("cookie"), nth, &line) == LLMP_OK; nth++) {
    while (next_pair(&line, &pair)) {
      pair = llmp_trim(pair);
      if (pair.len == 0 || is_ours(pair)) continue;
      if (kept.len > 0) LLMP_BUF_LIT(&kept, "; ");
      llmp_buf_str(&kept, pair);
    }
  }
  llmp_status_t status = LLMP_E_NO_MEMORY;
  if (!kept.failed) {
    status = kept.len == 0
      ? req->hdr_remove(r, LLMP_MAP_UPSTREAM_REQUEST, LLMP_S("cookie"))
      : req->hdr_set(r, LLMP_MAP_UPSTREAM_REQUEST, LLMP_S("cookie"), llmp_buf_view(&kept));
  }
  llmp_buf_free(&kept);
  return status;
}

llmp_status_t forward_strip_cookies(const llmp_request_api_t *req, llmp_req_t *r) {
  llmp_str_t line;
  for (size_t nth = 0;
       req->hdr_get(r, LLMP_MAP_UPSTREAM_REQUEST, LLMP_S("cookie"), nth, &line) == LLMP_OK; nth++) {
    if (holds_ours(line)) return rewrite(req, r);
  }
  return LLMP_OK;
}
