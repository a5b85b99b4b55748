/* The auth stage: argument 1 is its shared library. */
#include "fakehost.h"

#define GOOD "sk-AZqk5D5vf6OQd1s0bJ0b-w"
#define OTHER "sk-AZqk5D5vf6OQd1s0bJ0b_x"

static fh_t *opened(const char *secret, uint32_t state) {
  fh_t *h = fh_open(check_argument);
  if (secret != NULL) (void)fh_add_token(h, secret, state);
  CHECK_INT(fh_create(h, "{}", NULL), LLMP_OK);
  return h;
}

static fh_request_t *asking(fh_t *h, const char *authorization) {
  fh_request_t *q = fh_begin(h, "GET", "/v1/models", NULL);
  if (authorization != NULL) fh_add(q, LLMP_MAP_REQUEST, "authorization", authorization);
  return q;
}

static void describes_itself(void) {
  fh_t *h = fh_open(check_argument);
  CHECK_SLICE(h->module->id, LLMP_S("org.llm-proxy.auth"));
  CHECK_SLICE(h->component->name, LLMP_S("auth"));
  CHECK_INT(h->component->kind, LLMP_KIND_MIDDLEWARE);
  CHECK_INT(h->component->n_provides, 2);
  CHECK_SLICE(h->component->provides[0], LLMP_S("llmp.project_id"));
  CHECK_SLICE(h->component->provides[1], LLMP_S("llmp.token_id"));
  fh_close(h);
}

static void needs_the_store(void) {
  fh_t *h = fh_open(check_argument);
  llmp_err_t e;
  h->without_service = LLMP_SVC_STORE;
  CHECK_INT(fh_create(h, "{}", &e), LLMP_E_UNSUPPORTED);
  CHECK_HOLDS(e.message, "llmp.store/1");
  fh_close(h);
}

static void a_good_token_passes(void) {
  static const char *const spellings[] = {"Bearer " GOOD, "bearer " GOOD, "BEARER " GOOD, "bEaReR   " GOOD,
                                          "Bearer\t" GOOD, "  Bearer " GOOD "  "};
  for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
    fh_t *h = opened(GOOD, LLMP_TOKEN_ACTIVE);
    fh_request_t *q = asking(h, spellings[i]);
    CHECK_INT(fh_request_headers(q), LLMP_CONTINUE);
    CHECK_INT(h->binds, 1);
    CHECK(!q->responded);
    fh_close(h);
  }
}

/* ------------------------------------------------------------------ refusals ----------------- */

typedef struct refusal_case {
  const char *authorization;
  uint32_t state;
  uint32_t status;
  const char *code, *message, *retry, *challenge;
} refusal_case_t;

static const refusal_case_t refusals[] = {
#define INVALID "Invalid token\ninvalid token format: "
#define NO_HEADER \
  401, "invalid_token", "Invalid token\nmissing or invalid authorization header", NULL, "Bearer"
  {NULL, 0, NO_HEADER},
  {"", 0, NO_HEADER},
  {"Bearer", 0, NO_HEADER},
  {"Basic abc", 0, NO_HEADER},
  {"Bearer" GOOD, 0, NO_HEADER},
  {"Bearer:" GOOD, 0, NO_HEADER},
  {GOOD, 0, NO_HEADER},
  {"Token " GOOD, 0, NO_HEADER},
#define MALFORMED 401, "invalid_token", INVALID "invalid token format", NULL, "Bearer"
  {"Bearer  ", 0, NO_HEADER},
  {"Bearer sk-short", 0, MALFORMED},
  {"Bearer " GOOD "x", 0, MALFORMED},
  {"Bearer pk-AZqk5D5vf6OQd1s0bJ0b-w", 0, MALFORMED},
  {"Bearer SK-AZqk5D5vf6OQd1s0bJ0b-w", 0, MALFORMED},
  {"Bearer " GOOD " " GOOD, 0, MALFORMED},
  {"Bearer sk-AZqk5D5vf6OQd1s0bJ0b+w", 0, 401, "invalid_token",
    INVALID "token decoding failed: illegal base64 data", NULL, "Bearer"},
  {"Bearer sk-AZqk5D5vf6OQd1 0bJ0b-w", 0, 401, "invalid_token",
    INVALID "token decoding failed: illegal base64 data", NULL, "Bearer"},
  {"Bearer " OTHER, LLMP_TOKEN_ACTIVE, 401, "token_not_found", "Token not found", "false", "Bearer"},
  {"Bearer " GOOD, LLMP_TOKEN_REVOKED, 401, "token_inactive", "Token is inactive", "false", "Bearer"},
  {"Bearer " GOOD, LLMP_TOKEN_EXPIRED, 401, "token_expired", "Token has expired", "false", "Bearer"},
  {"Bearer " GOOD, LLMP_TOKEN_USED_UP, 429, "rate_limit_exceeded",
    "Rate limit exceeded\nThe requests of this access token (max_requests) are used up.", "false", NULL},
  {"Bearer " GOOD, LLMP_TOKEN_PROJECT_INACTIVE, 403, "project_inactive", "Project is inactive", NULL, NULL},
  {"Bearer " GOOD, LLMP_TOKEN_IDLE_EXPIRED, 401, "token_idle_expired", "Token has expired for lack of use",
    "false", "Bearer"},
  {"Bearer " GOOD, LLMP_TOKEN_PARENT_INACTIVE, 401, "token_parent_inactive",
    "The token that made this token is no longer valid", "false", "Bearer"},
  {"Bearer " GOOD, 77, 401, "token_inactive", "Token is inactive", "false", "Bearer"},
};

static void check_header(const fh_request_t *q, const char *name, const char *wanted) {
  const char *value = fh_value(&q->maps[LLMP_MAP_RESPONSE], name, 0);
  if (wanted == NULL && value != NULL) CHECK_FAIL("%s is '%s', not absent", name, value);
  if (wanted != NULL) CHECK_TEXT(value, wanted);
}

static void every_refusal(void) {
  for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
    const refusal_case_t *c = &refusals[i];
    fh_t *h = opened(GOOD, c->state);
    fh_request_t *q = asking(h, c->authorization);
    CHECK_INT(fh_request_headers(q), LLMP_RESPOND);
    CHECK_INT(q->status, c->status);
    CHECK_TEXT(q->code, c->code);
    CHECK_TEXT(q->message, c->message);
    check_header(q, "x-should-retry", c->retry);
    check_header(q, "www-authenticate", c->challenge);
    CHECK_INT(h->binds, 0);
    if (check_failures > 0) printf("# ... with authorization '%s'\n", c->authorization ? c->authorization
      : "(none)");
    fh_close(h);
  }
}

static void two_headers_are_refused(void) {
  fh_t *h = opened(GOOD, LLMP_TOKEN_ACTIVE);
  fh_request_t *q = asking(h, "Bearer " GOOD);
  fh_add(q, LLMP_MAP_REQUEST, "Authorization", "Bearer " GOOD);
  CHECK_INT(fh_request_headers(q), LLMP_RESPOND);
  CHECK_TEXT(q->code, "invalid_token");
  fh_close(h);
}

static void other_headers_and_the_query_do_not_count(void) {
  fh_t *h = opened(GOOD, LLMP_TOKEN_ACTIVE);
  fh_request_t *q = fh_begin(h, "GET", "/v1/models?token=" GOOD, NULL);
  fh_add(q, LLMP_MAP_REQUEST, "x-api-key", GOOD);
  fh_add(q, LLMP_MAP_REQUEST, "api-key", GOOD);
  fh_add(q, LLMP_MAP_REQUEST, "proxy-authorization", "Bearer " GOOD);
  CHECK_INT(fh_request_headers(q), LLMP_RESPOND);
  CHECK_INT(q->status, 401);
  fh_close(h);
}

/* ------------------------------------------------------------------ the store waits or fails -- */

static void an_unknown_token_is_loaded_once(void) {
  fh_t *h = opened(GOOD, LLMP_TOKEN_ACTIVE);
  h->tokens[0].peek = LLMP_E_WOULD_BLOCK;
  fh_request_t *q = asking(h, "Bearer " GOOD);
  CHECK_INT(fh_request_headers(q), LLMP_PAUSE);
  CHECK_INT(h->loads, 1);
  CHECK(!q->responded);
  CHECK_INT(fh_event(q, LLMP_EV_CANCELLED, 0), LLMP_PAUSE); /* and whatever else is not ours to act upon */
  CHECK_INT(fh_event(q, 99, 0), LLMP_PAUSE);
  CHECK_INT(fh_run(h), LLMP_CONTINUE);
  CHECK_INT(h->binds, 1);
  fh_close(h);
}

static void what_loading_finds_is_judged(void) {
  fh_t *h = opened(GOOD, LLMP_TOKEN_EXPIRED);
  h->tokens[0].peek = LLMP_E_WOULD_BLOCK;
  fh_request_t *q = asking(h, "Bearer " GOOD);
  CHECK_INT(fh_request_headers(q), LLMP_PAUSE);
  CHECK_INT(fh_run(h), LLMP_RESPOND);
  CHECK_TEXT(q->code, "token_expired");
  h->tokens[0].peek = LLMP_E_WOULD_BLOCK;
  h->tokens[0].after_load = LLMP_E_NOT_FOUND;
  q = asking(h, "Bearer " GOOD);
  CHECK_INT(fh_request_headers(q), LLMP_PAUSE);
  CHECK_INT(fh_run(h), LLMP_RESPOND);
  CHECK_TEXT(q->code, "token_not_found");
  fh_close(h);
}

static void check_unavailable(fh_t *h, llmp_verdict_t verdict) {
  fh_request_t *q = h->request;
  CHECK_INT(verdict, LLMP_RESPOND);
  CHECK_INT(q->status, 503);
  CHECK_TEXT(q->code, "service_unavailable");
  CHECK_TEXT(q->message, "Service temporarily unavailable");
  check_header(q, "x-should-retry", NULL);
  check_header(q, "www-authenticate", NULL);
  CHECK_HOLDS(h->logged, "token store did not answer");
  if (h->logged != NULL && strstr(h->logged, GOOD) != NULL) CHECK_FAIL("the token is in the log");
}

static void a_store_that_fails_is_not_bad_auth(void) {
  fh_t *h = opened(GOOD, LLMP_TOKEN_ACTIVE);
  fh_token_t usual = h->tokens[0];
  h->tokens[0].peek = LLMP_E_IO;
  check_unavailable(h, fh_request_headers(asking(h, "Bearer " GOOD)));

  h->tokens[0] = usual;
  h->tokens[0].bind = LLMP_E_IO;
  check_unavailable(h, fh_request_headers(asking(h, "Bearer " GOOD)));

  h->tokens[0] = usual;
  h->tokens[0].peek = LLMP_E_WOULD_BLOCK;
  h->tokens[0].load = LLMP_E_LIMIT;
  check_unavailable(h, fh_request_headers(asking(h, "Bearer " GOOD)));

  h->tokens[0] = usual;
  h->tokens[0].peek = h->tokens[0].after_load = LLMP_E_WOULD_BLOCK; /* loads for ever */
  CHECK_INT(fh_request_headers(asking(h, "Bearer " GOOD)), LLMP_PAUSE);
  check_unavailable(h, fh_run(h));
  CHECK_INT(h->loads, 2);
  fh_close(h);
}

static const check_case_t cases[] = {
  {"auth describes itself", describes_itself},
  {"auth does not start without the store", needs_the_store},
  {"a good token passes however the scheme is spelt", a_good_token_passes},
  {"every refusal has its status, code, message and headers", every_refusal},
  {"two authorization headers are refused", two_headers_are_refused},
  {"only the authorization header counts", other_headers_and_the_query_do_not_count},
  {"a token the directory does not hold is loaded once", an_unknown_token_is_loaded_once},
  {"what loading finds is judged", what_loading_finds_is_judged},
  {"a store that fails gives 503 and tells nothing", a_store_that_fails_is_not_bad_auth},
};
CHECK_MAIN(cases)
