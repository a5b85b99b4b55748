/* Errors of the provider, in the terms of the host. */
#include <jansson.h>

#include "adapter.h"

#define BODY_MAX 65536

/* ------------------------------------------------------------------ retry-after -------------- */

/* n digits at p; -1 when one is not. */
static int64_t read_digits(const char *p, size_t n) {
  int64_t value = 0;
  for (size_t i = 0; i < n; i++) {
    if (p[i] < '0' || p[i] > '9') return -1;
    value = value * 10 + (p[i] - '0');
  }
  return value;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" as unix seconds; -1 for any other text. */
static int64_t read_http_date(llmp_str_t v) {
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (v.len != 29 || v.ptr[3] != ',' || !llmp_eq(llmp_slice(v.ptr + 25, 4), LLMP_S(" GMT"))) return -1;
  int64_t month = -1;
  for (int64_t i = 0; i < 12; i++) {
    if (memcmp(months + 3 * i, v.ptr + 8, 3) == 0) month = i + 1;
  }
  int64_t day = read_digits(v.ptr + 5, 2), year = read_digits(v.ptr + 12, 4);
  int64_t hour = read_digits(v.ptr + 17, 2), minute = read_digits(v.ptr + 20, 2),
    second = read_digits(v.ptr + 23, 2);
  if (month < 0 || day < 1 || day > 31 || year < 1970 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      second < 0 || second > 60) {
    return -1;
  }
  int64_t y = month <= 2 ? year - 1 : year; /* years from March, as the leap day then ends one */
  int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  int64_t of_era = (y % 400) * 365 + (y % 400) / 4 - (y % 400) / 100 + of_year;
  int64_t days = y / 400 * 146097 + of_era - 719468;
  return days * 86400 + hour * 3600 + minute * 60 + second;
}

/* "12" or "1.5" times scale; false for anything else. */
static bool read_amount(llmp_str_t v, uint64_t scale, uint64_t *amount) {
  size_t whole = 0;
  while (whole < v.len && v.ptr[whole] != '.') whole++;
  int64_t units = whole > 0 && whole <= 9 ? read_digits(v.ptr, whole) : -1;
  if (units < 0) return false;
  *amount = (uint64_t)units * scale;
  for (size_t i = whole + 1; i < v.len; i++) {
    if (v.ptr[i] < '0' || v.ptr[i] > '9') return false;
    scale /= 10;
    *amount += (uint64_t)(v.ptr[i] - '0') * scale;
  }
  return true;
}

uint64_t openai_retry_after_ms(llmp_str_t value, int64_t now_unix_ms) {
  uint64_t ms = 0;
  value = llmp_trim(value);
  if (read_amount(value, 1000, &ms)) return ms;
  int64_t at = read_http_date(value);
  return at * 1000 > now_unix_ms && at > 0 ? (uint64_t)(at * 1000 - now_unix_ms) : 0;
}

static uint64_t wished_pause(const openai_t *o, llmp_req_t *r) {
  const llmp_request_api_t *req = o->host->req;
  llmp_str_t value = {NULL, 0};
  uint64_t ms = 0;
  if (req->hdr_get(r, LLMP_MAP_UPSTREAM_RESPONSE, LLMP_S("retry-after-ms"), 0, &value) == LLMP_OK &&
      read_amount(llmp_trim(value), 1, &ms)) {
    return ms;
  }
  if (req->hdr_get(r, LLMP_MAP_UPSTREAM_RESPONSE, LLMP_S("retry-after"), 0, &value) != LLMP_OK) return 0;
  return openai_retry_after_ms(value, o->host->now_unix_ms(o->host->ctx));
}

/* ------------------------------------------------------------------ mapping ------------------ */

static void copy_text(char *out, size_t room, json_t *value) {
  if (json_is_integer(value)) {
    (void)snprintf(out, room, "%lld", (long long)json_integer_value(value));
  } else if (json_is_string(value)) {
    size_t n = json_string_length(value);
    if (n >= room) n = room - 1;
    while (n < json_string_length(value) && n > 0 &&
      ((unsigned char)json_string_value(value)[n] & 0xC0) == 0x80) n--;
    memcpy(out, json_string_value(value), n);
    out[n] = 0;
  }
}

static void read_body(llmp_str_t body, llmp_upstream_error_t *out) {
  json_t *root = body.len > 0 && body.len <= BODY_MAX ? json_loadb(body.ptr, body.len, 0, NULL) : NULL;
  json_t *error = json_object_get(root, "error");
  if (json_is_object(error)) {
    copy_text(out->type, sizeof out->type, json_object_get(error, "type"));
    copy_text(out->code, sizeof out->code, json_object_get(error, "code"));
    copy_text(out->message, sizeof out->message, json_object_get(error, "message"));
  } else { /* {"error":"text"}, {"message":"text"}, {"detail":"text"} of compatible servers */
    copy_text(out->message, sizeof out->message, error);
    if (out->message[0] == 0) copy_text(out->message, sizeof out->message, json_object_get(root, "message"));
    if (out->message[0] == 0) copy_text(out->message, sizeof out->message, json_object_get(root, "detail"));
  }
  json_decref(root);
}

/* Who is at fault, and whether another try may help. */
static void classify(uint32_t status, llmp_upstream_error_t *out) {
  out->retryable = status == 0 || status == 408 || status == 409 || status == 429 || status >= 500;
  if (status == 401 || status == 403 || status == 429) {
    out->scope = LLMP_ERR_SCOPE_CREDENTIAL;
  } else if (status == 0 || status == 408 || status >= 500) {
    out->scope = LLMP_ERR_SCOPE_ENDPOINT;
  } else {
    out->scope = LLMP_ERR_SCOPE_REQUEST;
  }
  /* No waiting brings money back. */
  if (strcmp(out->code, "insufficient_quota") == 0 || strcmp(out->type, "insufficient_quota") == 0) {
    out->retryable = 0;
  }
}

static void fill_gaps(uint32_t status, llmp_upstream_error_t *out) {
  if (out->type[0] == 0) {
    const char *type = status == 401 ? "authentication_error" : status == 403 ? "permission_error"
                     : status == 429 ? "rate_limit_error" : status != 0 && status < 500
                       ? "invalid_request_error"
                     : "server_error";
    (void)snprintf(out->type, sizeof out->type, "%s", type);
  }
  if (out->message[0] != 0) return;
  if (status == 0) {
    (void)snprintf(out->message, sizeof out->message, "the provider could not be reached");
  } else {
    (void)snprintf(out->message, sizeof out->message, "the provider answered with status %u",
      (unsigned)status);
  }
}

llmp_status_t openai_map_error(const openai_t *o, llmp_req_t *r, uint32_t http_status, llmp_str_t body,
                               llmp_upstream_error_t *out) {
  const llmp_request_api_t *req = o->host->req;
  out->client_status = http_status == 0 ? 502 : http_status;
  out->retry_after_ms = 0;
  out->type[0] = out->code[0] = out->message[0] = 0;
  if (http_status != 0) read_body(body, out);
  classify(http_status, out);
  fill_gaps(http_status, out);
  if (http_status == 0) return LLMP_OK;
  out->retry_after_ms = wished_pause(o, r);
  llmp_str_t advice = {NULL, 0}; /* OpenAI's own word goes before our table */
  if (req->hdr_get(r, LLMP_MAP_UPSTREAM_RESPONSE, LLMP_S("x-should-retry"), 0, &advice) == LLMP_OK) {
    if (llmp_ieq(llmp_trim(advice), LLMP_S("true"))) out->retryable = 1;
    if (llmp_ieq(llmp_trim(advice), LLMP_S("false"))) out->retryable = 0;
  }
  return LLMP_OK;
}
