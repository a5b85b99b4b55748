/* The forward stage: argument 1 is its shared library. */
#include "fakehost.h"

#define UP LLMP_MAP_UPSTREAM_REQUEST
#define DOWN LLMP_MAP_RESPONSE

static fh_t *opened(const char *config) {
  fh_t *h = fh_open(check_argument);
  fh_api(h, "openai", "{}");
  fh_api(h, "other", "{}");
  CHECK_INT(fh_create(h, config, NULL), LLMP_OK);
  return h;
}

/* A request whose upstream headers begin as the client's, as the host makes them. */
static fh_request_t *asking(fh_t *h, const char *target) {
  fh_request_t *q = fh_begin(h, "POST", target, NULL);
  q->project_id = fh_copy("p-1", 3);
  return q;
}

static void client_sends(fh_request_t *q, const char *name, const char *value) {
  fh_add(q, LLMP_MAP_REQUEST, name, value);
  fh_add(q, UP, name, value);
}

static const char *up(const fh_request_t *q, const char *name) { return fh_value(&q->maps[UP], name, 0); }
static const char *down(const fh_request_t *q, const char *name) { return fh_value(&q->maps[DOWN], name, 0); }

static bool is_digits(const char *text, size_t n) {
  return text != NULL && strlen(text) == n && strspn(text, "0123456789") == n;
}

/* Year-month-dayThour:minute:second[.fraction]Z, the fraction without trailing zeros. */
static bool is_time(const char *text) {
  static const char shape[] = "dddd-dd-ddTdd:dd:dd";
  if (text == NULL || strlen(text) < sizeof shape) return false;
  for (size_t i = 0; i < sizeof shape - 1; i++) {
    if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i]) return false;
  }
  const char *rest = text + sizeof shape - 1;
  if (strcmp(rest, "Z") == 0) return true;
  size_t digits = *rest == '.' ? strspn(rest + 1, "0123456789") : 0;
  return digits > 0 && digits <= 9 && rest[digits] != '0' && strcmp(rest + 1 + digits, "Z") == 0;
}

/* ------------------------------------------------------------------ upstream ----------------- */

static void says_who_sends_it(void) {
  fh_t *h = opened("{}");
  h->selected = 1;
  fh_request_t *q = asking(h, "/v1/chat/completions");
  client_sends(q, "x-proxy", "liar");
  client_sends(q, "x-proxy-id", "p-of-somebody-else");
  client_sends(q, "x-request-id", "liar");
  CHECK_INT(fh_request_headers(q), LLMP_CONTINUE);
  CHECK_INT(q->forwarded_to, 1);
  CHECK_TEXT(up(q, "x-proxy"), "llm-proxy");
  CHECK_TEXT(up(q, "x-proxy-version"), "9.8.7");
  CHECK_TEXT(up(q, "x-proxy-id"), "p-1");
  CHECK_TEXT(up(q, "x-request-id"), "req-1");
  CHECK(is_digits(up(q, "x-upstream-request-start"), 19));
  CHECK_TEXT(up(q, "x-forwarded-for"), "192.0.2.7");
  CHECK(fh_value(&q->maps[UP], "x-proxy", 1) == NULL);
  fh_close(h);
}

static void an_unknown_project_is_not_named(void) {
  fh_t *h = opened("{}");
  fh_request_t *q = fh_begin(h, "GET", "/v1/models", NULL);
  client_sends(q, "x-proxy-id", "p-of-somebody-else");
  CHECK_INT(fh_request_headers(q), LLMP_CONTINUE);
  CHECK(up(q, "x-proxy-id") == NULL);
  fh_close(h);
}

static void claims_of_the_client_do_not_pass(void) {
  static const char *const names[] = {"X-Real-IP", "CF-Connecting-IP", "CF-IPCountry", "X-Client-IP",
                                      "X-Original-Forwarded-For"};
  fh_t *h = opened("{}");
  fh_request_t *q = asking(h, "/v1/models");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) client_sends(q, names[i], "203.0.113.9");
  client_sends(q, "X-Forwarded-For", "203.0.113.9");
  client_sends(q, "x-forwarded-for", "203.0.113.10");
  client_sends(q, "referer", "https://example.org/");
  client_sends(q, "origin", "https://example.org");
  CHECK_INT(fh_request_headers(q), LLMP_CONTINUE);
  for (size_t i = 0; i < q->maps[UP].n; i++) {
    if (strncmp(q->maps[UP].fields[i].value, "203.0.113.", 10) == 0) CHECK_FAIL("%s passed",
      q->maps[UP].fields[i].name);
  }
  CHECK_TEXT(up(q, "x-forwarded-for"), "192.0.2.7");
  CHECK_TEXT(up(q, "referer"), "https://example.org/");
  CHECK_TEXT(up(q, "origin"), "https://example.org");
  fh_close(h);
}

static void forwarded_for_has_three_policies(void) {
  static const struct { const char *config, *wanted; bool client; } cases[] = {
    {"{\"forwarded_for\":\"replace\"}", "192.0.2.7", true},
    {"{\"forwarded_for\":\"append\"}", "203.0.113.9, 203.0.113.10, 192.0.2.7", true},
    {"{\"forwarded_for\":\"append\"}", "192.0.2.7", false},
    {"{\"forwarded_for\":\"remove\"}", NULL, true},
    {"{\"forwarded_for\":\"remove\"}", NULL, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fh_t *h = opened(cases[i].config);
    fh_request_t *q = asking(h, "/v1/models");
    if (cases[i].client) {
      client_sends(q, "x-forwarded-for", "203.0.113.9");
      client_sends(q, "x-forwarded-for", " 203.0.113.10 ");
    }
    CHECK_INT(fh_request_headers(q), LLMP_CONTINUE);
    if (cases[i].wanted == NULL) {
      CHECK(up(q, "x-forwarded-for") == NULL);
    } else {
      CHECK_TEXT(up(q, "x-forwarded-for"), cases[i].wanted);
    }
    CHECK(fh_value(&q->maps[UP], "x-forwarded-for", 1) == NULL);
    fh_close(h);
  }
}

static void accept_follows_the_query(void) {
  static const struct { const char *target, *accept, *wanted; } cases[] = {
    {"/v1/x?stream=true", NULL, "text/event-stream"}, {"/v1/x?a=b&stream=true&c", NULL, "text/event-stream"},
    {"/v1/x?stream=true", "application/json", "application/json"}, {"/v1/x?stream=false", NULL, NULL},
    {"/v1/x?stream=false&stream=true", NULL, NULL}, {"/v1/x?upstream=true", NULL, NULL},
      {"/v1/x?stream=truex", NULL, NULL},
    {"/v1/x?stream", NULL, NULL}, {"/v1/x", NULL, NULL}, {"/v1/x?&&stream=true", NULL, "text/event-stream"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fh_t *h = opened("{}");
    fh_request_t *q = asking(h, cases[i].target);
    if (cases[i].accept != NULL) client_sends(q, "accept", cases[i].accept);
    CHECK_INT(fh_request_headers(q), LLMP_CONTINUE);
    if (cases[i].wanted == NULL) {
      if (up(q, "accept") != NULL) CHECK_FAIL("%s: accept is there", cases[i].target);
    } else {
      CHECK_TEXT(up(q, "accept"), cases[i].wanted);
    }
    fh_close(h);
  }
}

static void only_our_cookies_stay(void) {
  static const struct { const char *first, *second, *wanted; } cases[] = {
    {"a=1; llmproxy_session=x; b=2", NULL, "a=1; b=2"}, {"llm_proxy=1", NULL, NULL},
      {"llmproxy=1;llm_proxy_x=2", NULL, NULL},
    {"a=llmproxy; b=2", NULL, "a=llmproxy; b=2"}, {"a=1;b=2", NULL, "a=1;b=2"},
      {"LLMProxy=1; a=2", NULL, "a=2"},
    {"a=1", "llmproxy=2; c=3", "a=1; c=3"}, {" ;; llmproxy=1 ; a=1 ;", NULL, "a=1"},
      {"xllmproxy=1", NULL, "xllmproxy=1"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fh_t *h = opened("{}");
    fh_request_t *q = asking(h, "/v1/models");
    client_sends(q, "cookie", cases[i].first);
    if (cases[i].second != NULL) client_sends(q, "cookie", cases[i].second);
    CHECK_INT(fh_request_headers(q), LLMP_CONTINUE);
    if (cases[i].wanted == NULL) {
      CHECK(up(q, "cookie") == NULL);
    } else {
      CHECK_TEXT(up(q, "cookie"), cases[i].wanted);
    }
    CHECK(fh_value(&q->maps[UP], "cookie", 1) == NULL);
    fh_close(h);
  }
}

/* ------------------------------------------------------------------ answers ------------------ */

static void tells_the_client_the_times(void) {
  fh_t *h = opened("{}");
  fh_request_t *q = asking(h, "/v1/models");
  CHECK_INT(fh_request_headers(q), LLMP_CONTINUE);
  fh_add(q, DOWN, "x-request-id", "req_of_the_provider");
  fh_add(q, DOWN, "server-timing", "edge;dur=1");
  CHECK_INT(fh_response_headers(q), LLMP_CONTINUE);
  CHECK_TEXT(down(q, "x-proxy"), "llm-proxy");
  CHECK_TEXT(down(q, "x-request-id"), "req-1");
  CHECK(fh_value(&q->maps[DOWN], "x-request-id", 1) == NULL);
  CHECK_TEXT(down(q, "x-proxy-received-at"), "2026-01-02T03:04:05.678Z");
  CHECK(is_time(down(q, "x-proxy-first-response-at")));
  CHECK_TEXT(down(q, "x-proxy-final-response-at"), down(q, "x-proxy-first-response-at"));
  CHECK_TEXT(down(q, "x-upstream-request-start"), up(q, "x-upstream-request-start"));
  CHECK(is_digits(down(q, "x-upstream-request-stop"), 19));
  CHECK(strcmp(down(q, "x-upstream-request-stop"), down(q, "x-upstream-request-start")) >= 0);
  CHECK_TEXT(fh_value(&q->maps[DOWN], "server-timing", 0), "edge;dur=1");
  CHECK_TEXT(fh_value(&q->maps[DOWN], "server-timing", 1),
    "gateway;dur=5.678, upstream;dur=40.000, connect;dur=1.500");
  fh_close(h);
}

static void durations_may_be_missing_or_huge(void) {
  static const struct { uint64_t all, upstream, connect; const char *wanted; } cases[] = {
    {0, 0, 0, "gateway;dur=0.000"}, {7, 0, 0, "gateway;dur=0.007"},
      {5, 9, 0, "gateway;dur=0.000, upstream;dur=0.009"},
    {UINT64_MAX, 0, 0, "gateway;dur=18446744073709551.615"},
    {UINT64_MAX, UINT64_MAX, UINT64_MAX,
     "gateway;dur=0.000, upstream;dur=18446744073709551.615, connect;dur=18446744073709551.615"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fh_t *h = opened("{}");
    fh_request_t *q = asking(h, "/v1/models");
    q->exchange.duration_us = cases[i].all;
    q->exchange.upstream_head_us = cases[i].upstream;
    q->exchange.upstream_connect_us = cases[i].connect;
    CHECK_INT(fh_request_headers(q), LLMP_CONTINUE);
    CHECK_INT(fh_response_headers(q), LLMP_CONTINUE);
    CHECK_TEXT(down(q, "server-timing"), cases[i].wanted);
    fh_close(h);
  }
}

static void times_of_every_kind_of_day(void) {
  static const struct { int64_t unix_ms; const char *wanted; } cases[] = {
    {1, "1970-01-01T00:00:00.001Z"}, {1000, "1970-01-01T00:00:01Z"}, {86399999, "1970-01-01T23:59:59.999Z"},
    {951782400000, "2000-02-29T00:00:00Z"}, {951868800000, "2000-03-01T00:00:00Z"},
      {1709164800100, "2024-02-29T00:00:00.1Z"},
    {1735689599999, "2024-12-31T23:59:59.999Z"}, {1735689600000, "2025-01-01T00:00:00Z"},
    {4107542400000, "2100-03-01T00:00:00Z"}, {4107456000000, "2100-02-28T00:00:00Z"},
      {1767323045670, "2026-01-02T03:04:05.67Z"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fh_t *h = opened("{}");
    fh_request_t *q = asking(h, "/v1/models");
    q->exchange.received_unix_ms = cases[i].unix_ms;
    CHECK_INT(fh_request_headers(q), LLMP_CONTINUE);
    CHECK_INT(fh_response_headers(q), LLMP_CONTINUE);
    CHECK_TEXT(down(q, "x-proxy-received-at"), cases[i].wanted);
    fh_close(h);
  }
}

static void no_upstream_times_when_nobody_was_asked(void) {
  fh_t *h = opened("{}");
  fh_request_t *q = asking(h, "/v1/models");
  q->exchange.attempts = 0;
  q->exchange.flags = LLMP_EXCHANGE_GATEWAY_REPLY;
  CHECK_INT(fh_request_headers(q), LLMP_CONTINUE);
  CHECK_INT(fh_response_headers(q), LLMP_CONTINUE);
  CHECK(down(q, "x-upstream-request-start") == NULL && down(q, "x-upstream-request-stop") == NULL);
  CHECK(down(q, "x-proxy-received-at") != NULL);
  fh_close(h);
}

/* ------------------------------------------------------------------ settings ----------------- */

static void it_can_be_silent(void) {
  fh_t *h = opened("{\"identify\":false,\"timing_headers\":false}");
  fh_request_t *q = asking(h, "/v1/models");
  CHECK_INT(fh_request_headers(q), LLMP_CONTINUE);
  CHECK_INT(fh_response_headers(q), LLMP_CONTINUE);
  CHECK_INT(q->maps[UP].n, 2); /* x-forwarded-for, x-request-id */
  CHECK_INT(q->maps[DOWN].n, 1);
  CHECK_TEXT(down(q, "x-request-id"), "req-1");
  fh_close(h);
}

static void bad_settings_are_refused(void) {
  static const struct { const char *config, *reason; } cases[] = {
    {"{\"forwarded_for\":\"drop\"}", "forwarded_for: 'drop'"},
      {"{\"forwarded_for\":1}", "forwarded_for: must be text"},
    {"{\"identify\":\"yes\"}", "identify: must be true or false"},
      {"{\"timing\":true}", "unknown setting 'timing'"},
    {"[]", "must be an object"}, {"{", "not JSON"}, {"{\"identify\":true,\"identify\":false}", "not JSON"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fh_t *h = fh_open(check_argument);
    llmp_err_t e;
    CHECK_INT(fh_create(h, cases[i].config, &e), LLMP_E_INVALID);
    CHECK_HOLDS(e.message, cases[i].reason);
    fh_close(h);
  }
}

static void needs_an_api_to_forward_to(void) {
  fh_t *h = opened("");
  h->selected = 5;
  CHECK_INT(fh_request_headers(asking(h, "/v1/models")), LLMP_ERROR);
  fh_close(h);
  h = fh_open(check_argument);
  llmp_err_t e;
  h->without_service = LLMP_SVC_APIS;
  CHECK_INT(fh_create(h, "{}", &e), LLMP_E_UNSUPPORTED);
  fh_close(h);
}

static const check_case_t cases[] = {
  {"forward says who sends the request", says_who_sends_it},
  {"an unknown project is not named", an_unknown_project_is_not_named},
  {"claims of the client about addresses do not pass", claims_of_the_client_do_not_pass},
  {"x-forwarded-for has three policies", forwarded_for_has_three_policies},
  {"accept follows the query", accept_follows_the_query},
  {"only our cookies stay with us", only_our_cookies_stay},
  {"the client is told the times", tells_the_client_the_times},
  {"durations may be missing or huge", durations_may_be_missing_or_huge},
  {"times of every kind of day", times_of_every_kind_of_day},
  {"no upstream times when nobody was asked", no_upstream_times_when_nobody_was_asked},
  {"forward can be silent", it_can_be_silent},
  {"bad settings are refused with a reason", bad_settings_are_refused},
  {"forward needs an api", needs_an_api_to_forward_to},
};
CHECK_MAIN(cases)
