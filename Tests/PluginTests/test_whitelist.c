/* The whitelist stage: argument 1 is its shared library. */
#include "fakehost.h"

#define MODELS \
  "{\"base_url\":\"https://api.openai.com\",\"allowed_methods\":[\"GET\",\"post\",\"PUT\",\"PATCH\"]," \
  "\"allowed_endpoints\":[\"/v1/chat/completions\",\"/v1/models\"]," \
  "\"param_whitelist\":{\"model\":[\"gpt-4o\",\"gpt-4.1-*\",\"[\"],\"n\":[1,\"2\",0.7,true]}}"

static fh_t *opened(const char *settings) {
  fh_t *h = fh_open(check_argument);
  fh_api(h, "free", "{}");
  fh_api(h, "openai", settings);
  h->selected = 1;
  CHECK_INT(fh_create(h, "{}", NULL), LLMP_OK);
  return h;
}

/* Both hooks, as the host calls them. */
static llmp_verdict_t send(fh_request_t *q) {
  llmp_verdict_t verdict = fh_request_headers(q);
  return verdict == LLMP_CONTINUE && q->body != NULL ? fh_request_body(q) : verdict;
}

static fh_request_t *posting_to(fh_t *h, const char *path, const char *content_type, const char *body) {
  fh_request_t *q = fh_begin(h, "POST", path, body);
  if (content_type != NULL) fh_add(q, LLMP_MAP_REQUEST, "content-type", content_type);
  return q;
}

static fh_request_t *posting(fh_t *h, const char *content_type, const char *body) {
  return posting_to(h, "/v1/chat/completions", content_type, body);
}

static void check_refused(fh_request_t *q, llmp_verdict_t verdict, uint32_t status, const char *code,
  const char *message) {
  CHECK_INT(verdict, LLMP_RESPOND);
  CHECK_INT(q->status, status);
  CHECK_TEXT(q->type, "invalid_request_error");
  CHECK_TEXT(q->code, code);
  if (message != NULL) CHECK_TEXT(q->message, message);
}

/* ------------------------------------------------------------------ methods, endpoints ------- */

static void methods(void) {
  fh_t *h = opened(MODELS);
  fh_request_t *q = fh_begin(h, "DELETE", "/v1/models", NULL);
  check_refused(q, send(q), 405, "method_not_allowed", "Method not allowed");
  CHECK_TEXT(fh_value(&q->maps[LLMP_MAP_RESPONSE], "allow", 0), "GET, post, PUT, PATCH");
  CHECK_INT(send(fh_begin(h, "GET", "/v1/models", NULL)), LLMP_DETACH);
  q = fh_begin(h, "HEAD", "/v1/models", NULL);
  check_refused(q, send(q), 405, "method_not_allowed", "Method not allowed");
  q = fh_begin(h, "DELETE", "/v1/nowhere", NULL); /* the method is looked at first */
  check_refused(q, send(q), 405, "method_not_allowed", NULL);
  fh_close(h);
}

static void endpoints(void) {
  static const struct { const char *path; bool allowed; } cases[] = {
    {"/v1/models", true}, {"/v1/models/gpt-4o", true}, {"/v1/modelsfoo", true}, {"/v1/models?limit=1", true},
    {"/v1/chat/completions", true}, {"/v1/chat", false}, {"/v1/embeddings", false}, {"/V1/models", false},
      {"/", false},
    {"/v1/%6dodels", false}, {"/v1/models/../files", false}, {"/v1/models/..", false},
      {"/v1/models/./x", false},
    {"/v1/models/%2e%2e/files", false}, {"/v1/models/%2E./files", false}, {"/v1/models/..%2ffiles", false},
    {"/v1/models/..%5Cfiles", false}, {"/v1/models\\..\\files", false}, {"/v1/models/a..b", true},
      {"/v1/models/...", true},
    {"/v1/models/org%2Fgpt-4", true}, {"/v1/models/%2", true}, {"/v1/models/.", false},
      {"/v1/models/.hidden", true},
  };
  fh_t *h = opened(MODELS);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fh_request_t *q = fh_begin(h, "GET", cases[i].path, NULL);
    llmp_verdict_t verdict = send(q);
    if (cases[i].allowed != (verdict == LLMP_DETACH)) CHECK_FAIL("%s: verdict %u", cases[i].path, verdict);
    if (!cases[i].allowed) check_refused(q, verdict, 404, "endpoint_not_found", "Endpoint not found");
  }
  fh_close(h);
}

static void an_api_without_lists_allows_all(void) {
  fh_t *h = opened(MODELS);
  h->selected = 0;
  CHECK_INT(send(fh_begin(h, "DELETE", "/v1/anything/../at/all", NULL)), LLMP_DETACH);
  CHECK_INT(send(posting(h, "application/json", "{\"model\":\"any\"}")), LLMP_DETACH);
  h->selected = 7; /* routed nowhere */
  fh_request_t *q = posting(h, "application/json", "{\"model\":\"gpt-4o\"}");
  check_refused(q, send(q), 404, "endpoint_not_found", NULL);
  fh_close(h);
}

/* ------------------------------------------------------------------ parameters --------------- */

#define PATTERNS_OF_MODEL "' is not allowed. Allowed patterns: [gpt-4o gpt-4.1-* []"
#define PATTERNS_OF_N "' is not allowed. Allowed patterns: [1 2 0.7 true]"
#define DENIED_MODEL(value) "Parameter 'model' value '" value PATTERNS_OF_MODEL
#define DENIED_SPELLING(name) "Parameter '" name "' is not allowed: spell it as the API does"
#define DENIED_N(value) "Parameter 'n' value '" value PATTERNS_OF_N

typedef struct body_case { const char *body, *refusal; } body_case_t; /* NULL: passes */

static const body_case_t bodies[] = {
  {"{\"model\":\"gpt-4o\"}", NULL}, {"{\"model\":\"gpt-4.1-mini\",\"x\":[1,{\"model\":\"no\"}]}", NULL},
    {"{}", NULL},
  {"{\"messages\":[]}", NULL}, {" \r\n\t{ \"model\" : \"gpt-4o\" } ", NULL},
    {"{\"model\":\"gpt\\u002d4o\"}", NULL},
  {"{\"model\":\"gpt-4o\",\"model\":\"gpt-4.1-x\"}", NULL}, {"{\"models\":\"no\"}", NULL},
  {"{\"model\":\"gpt-3.5-turbo\"}", DENIED_MODEL("gpt-3.5-turbo")},
    {"{\"model\":\"GPT-4o\"}", DENIED_MODEL("GPT-4o")},
  {"{\"model\":\"gpt-4.1-a/b\"}", DENIED_MODEL("gpt-4.1-a/b")}, {"{\"model\":\"\"}", DENIED_MODEL("")},
  {"{\"model\":\"[\"}", DENIED_MODEL("[")},
  {"{\"model\":\"gpt-4o\",\"model\":\"o1\"}", DENIED_MODEL("o1")},
    {"{\"model\":\"o1\",\"model\":\"gpt-4o\"}", DENIED_MODEL("o1")},
  {"{\"\\u006dodel\":\"o1\"}", DENIED_MODEL("o1")}, {"{\"model\":\"gpt-4o\",\"mode\\u006c\":\"o1\"}",
    DENIED_MODEL("o1")},
  {"{\"model\":null}", DENIED_MODEL("<nil>")}, {"{\"model\":[\"gpt-4o\"]}", DENIED_MODEL("[gpt-4o]")},
  {"{\"model\":{\"b\":1,\"a\":2}}", DENIED_MODEL("map[a:2 b:1]")}, {"{\"model\":1e6}", DENIED_MODEL("1e+06")},
  {"{\"model\":\"a\\nb\\u0007c\"}", DENIED_MODEL("a?b?c")}, {"{\"model\":\"a\xFFz\"}",
    DENIED_MODEL("a\xEF\xBF\xBDz")},
  {"{\"n\":1}", NULL}, {"{\"n\":1.0}", NULL}, {"{\"n\":10e-1}", NULL}, {"{\"n\":\"1\"}", NULL},
    {"{\"n\":2}", NULL},
  {"{\"n\":0.70}", NULL}, {"{\"n\":true}", NULL}, {"{\"n\":3}", DENIED_N("3")},
    {"{\"n\":1e999}", DENIED_N("+Inf")},
  {"{\"n\":9,\"model\":\"o1\"}", DENIED_MODEL("o1")}, /* in the order of the configuration */
  {"{\"Model\":\"gpt-4o\"}", DENIED_SPELLING("Model")}, {"{\"model\":\"gpt-4o\",\"N\":1}", DENIED_SPELLING("N")},
  {"{\"mod\\u0045l\":\"gpt-4o\"}", DENIED_SPELLING("mod\\u0045l")},
  {"{\"model\":\"gpt-4.1-\\u0000\"}", DENIED_MODEL("gpt-4.1-?")},
  {"{\"model\":\"gpt-4o\",\"x\":{\"Model\":\"o1\"}}", NULL},
};

static void parameters(void) {
  static const char *const methods[] = {"POST", "PUT", "PATCH"};
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    fh_t *h = opened(MODELS);
    fh_request_t *q = fh_begin(h, methods[i % 3], "/v1/chat/completions", bodies[i].body);
    fh_add(q, LLMP_MAP_REQUEST, "content-type", "application/json");
    llmp_verdict_t verdict = send(q);
    if (bodies[i].refusal != NULL) {
      check_refused(q, verdict, 400, "param_not_allowed", bodies[i].refusal);
    } else if (verdict != LLMP_CONTINUE) {
      CHECK_FAIL("%s: verdict %u, %s", bodies[i].body, verdict, q->message ? q->message : "");
    }
    fh_close(h);
  }
}

static void content_types(void) {
  static const struct { const char *type; int looks; } cases[] = { /* 2 must be JSON, 1 if it is, 0 never */
    {"application/json", 2}, {"application/json; charset=utf-8", 2}, {"Application/JSON", 2},
      {" application/json ;x=y", 2},
    {"application/vnd.api+json", 2}, {"text/json", 2}, {"application/json, text/plain", 2}, {NULL, 2},
    {"text/plain", 1}, {"application/x-www-form-urlencoded", 1}, {"application/x-ndjson", 1}, {"", 1},
      {"+json", 1},
    {"multipart/form-data; boundary=json", 0}, {"audio/wav", 0}, {"image/png", 0}, {"video/mp4", 0},
    {"application/octet-stream", 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fh_t *h = opened(MODELS);
    fh_request_t *q = posting_to(h, "/v1/models", cases[i].type, "{\"model\":\"o1\"}");
    llmp_verdict_t verdict = send(q);
    if (cases[i].looks == 0) {
      CHECK_INT(verdict, LLMP_DETACH);
    } else {
      check_refused(q, verdict, 400, "param_not_allowed", NULL);
    }
    q = posting_to(h, "/v1/models", cases[i].type, "{\"model\":\"o1\"");
    verdict = send(q);
    if (cases[i].looks == 2) {
      check_refused(q, verdict, 400, "invalid_request_body", NULL);
      CHECK_HOLDS(q->message, "Request body is not valid JSON\n");
    } else {
      CHECK_INT(verdict, cases[i].looks == 1 ? LLMP_CONTINUE : LLMP_DETACH);
    }
    /* Where a body can only be JSON, no type is a way around. */
    q = posting(h, cases[i].type, "{\"model\":\"o1\"}");
    check_refused(q, send(q), 400, "param_not_allowed", NULL);
    q = posting(h, cases[i].type, "\xEF\xBB\xBF{\"model\":\"o1\"}");
    check_refused(q, send(q), 400, "invalid_request_body", NULL);
    CHECK_INT(send(posting(h, cases[i].type, "{\"model\":\"gpt-4o\"}")), LLMP_CONTINUE);
    if (check_failures > 0) printf("# ... with content-type %s\n", cases[i].type ? cases[i].type : "(none)");
    fh_close(h);
  }
}

static void several_content_types_are_json(void) {
  fh_t *h = opened(MODELS);
  fh_request_t *q = posting(h, "multipart/form-data; boundary=x", "{\"model\":\"o1\"}");
  fh_add(q, LLMP_MAP_REQUEST, "content-type", "application/json");
  check_refused(q, send(q), 400, "param_not_allowed", NULL);
  fh_close(h);
}

static void what_is_not_one_json_object(void) {
  static const char *const broken[] = {"[1]", "\"model\"", "null", "x", "{\"model\":\"gpt-4o\"} {}",
    "{\"model\":\"gpt-4o\"}x",
    "{'model':'gpt-4o'}", "{\"model\":\"gpt-4o\",}", "\xEF\xBB\xBF{\"model\":\"gpt-4o\"}", "--b\r\n",
      "model=o1"};
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
    fh_t *h = opened(MODELS);
    fh_request_t *q = posting(h, "application/json", broken[i]);
    check_refused(q, send(q), 400, "invalid_request_body", NULL);
    fh_close(h);
  }
}

static void without_a_content_type_only_json_is_judged(void) {
  static const struct { const char *body; size_t n; bool judged; } cases[] = {
    {"\xEF\xBB\xBF{}", 5, true}, {"\xFE\xFF\0{\0}", 6, true}, {"\xFF\xFE{\0}\0", 6, true},
      {"{\0\"\0", 4, true}, {"\0{\0\"", 4, true},
    {"[{}]", 4, false}, {"hello", 5, false}, {"", 0, false}, {" \n ", 3, false}, {"a=b", 3, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fh_t *h = opened(MODELS);
    fh_request_t *q = posting_to(h, "/v1/models", NULL, "");
    fh_body(q, cases[i].body, cases[i].n);
    llmp_verdict_t verdict = send(q);
    if (cases[i].judged || i == 5) {
      check_refused(q, verdict, 400, "invalid_request_body", NULL);
    } else {
      CHECK_INT(verdict, LLMP_CONTINUE);
    }
    fh_close(h);
  }
}

static void methods_without_a_body_detach(void) {
  static const struct { const char *method, *header, *value; llmp_verdict_t verdict; } cases[] = {
    {"GET", NULL, NULL, LLMP_DETACH}, {"GET", "content-length", "0", LLMP_DETACH},
      {"GET", "content-length", "14", LLMP_RESPOND},
    {"GET", "transfer-encoding", "chunked", LLMP_RESPOND}, {"POST", NULL, NULL, LLMP_RESPOND},
  };
  fh_t *h = opened(MODELS);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fh_request_t *q = fh_begin(h, cases[i].method, "/v1/chat/completions", "{\"model\":\"o1\"}");
    fh_add(q, LLMP_MAP_REQUEST, "content-type", "application/json");
    if (cases[i].header != NULL) fh_add(q, LLMP_MAP_REQUEST, cases[i].header, cases[i].value);
    CHECK_INT(send(q), cases[i].verdict);
  }
  fh_close(h);
}

static void an_empty_body_holds_no_parameter(void) {
  fh_t *h = opened(MODELS);
  CHECK_INT(send(posting(h, "application/json", "")), LLMP_CONTINUE);
  CHECK_INT(send(posting(h, "application/json", " \r\n")), LLMP_CONTINUE);
  fh_close(h);
}

static void repetition_has_an_end(void) {
  fh_t *h = opened(MODELS);
  CHECK_INT(send(posting(h, "application/json",
    "{\"n\":1,\"n\":1,\"n\":1,\"n\":1,\"n\":1,\"n\":1,\"n\":1,\"n\":1}")), LLMP_CONTINUE);
  fh_request_t *q = posting(h, "application/json",
    "{\"n\":1,\"n\":1,\"n\":1,\"n\":1,\"n\":1,\"n\":1,\"n\":1,\"n\":1,\"n\":1}");
  check_refused(q, send(q), 400, "param_not_allowed", "Parameter 'n' is given too many times");
  fh_close(h);
}

static void long_values_are_cut_in_messages(void) {
  static char body[100000];
  size_t sizes[] = {300, 70000};
  for (size_t i = 0; i < 2; i++) {
    fh_t *h = opened(MODELS);
    size_t n = (size_t)sprintf(body, "{\"model\":\"");
    memset(body + n, 'x', sizes[i]);
    (void)strcpy(body + n + sizes[i], "\"}");
    fh_request_t *q = posting(h, "application/json", body);
    check_refused(q, send(q), 400, "param_not_allowed", NULL);
    CHECK(strlen(q->message) < 300);
    CHECK_HOLDS(q->message, "xxx...' is not allowed. Allowed patterns: [gpt-4o gpt-4.1-* []");
    fh_close(h);
  }
}

static void an_empty_list_allows_no_value(void) {
  fh_t *h = opened("{\"param_whitelist\":{\"user\":[]}}");
  CHECK_INT(send(posting(h, "application/json", "{\"model\":\"o1\"}")), LLMP_CONTINUE);
  fh_request_t *q = posting(h, "application/json", "{\"user\":\"me\"}");
  check_refused(q, send(q), 400, "param_not_allowed",
    "Parameter 'user' value 'me' is not allowed. Allowed patterns: []");
  fh_close(h);
}

static void a_body_that_was_not_held_is_an_error(void) {
  fh_t *h = opened(MODELS);
  fh_request_t *q = posting(h, "application/json", NULL);
  CHECK_INT(fh_request_headers(q), LLMP_CONTINUE);
  CHECK_INT(fh_request_body(q), LLMP_ERROR);
  fh_close(h);
}

/* ------------------------------------------------------------------ settings ----------------- */

static void malformed_patterns_are_told_once(void) {
  fh_t *h = opened(MODELS);
  CHECK_TEXT(h->logged,
    "malformed pattern never matches {\"api\":\"openai\",\"parameter\":\"model\",\"pattern\":\"[\"}\n");
  fh_close(h);
}

static void bad_settings_are_refused(void) {
  static const struct { const char *config, *settings, *reason; } cases[] = {
    {"{\"x\":1}", "{}", "unknown setting 'x'"}, {"[]", "{}", "must be an object"},
    {"{}", "[]", "settings of the api: must be an object"}, {"{}", "{\"allowed_methods\":\"GET\"}",
      "allowed_methods: must be a list"},
    {"{}", "{\"allowed_methods\":[1]}", "allowed_methods[0]: must be text"},
    {"{}", "{\"allowed_endpoints\":[\"/v1\",\"\"]}", "allowed_endpoints[1]: must be text"},
    {"{}", "{\"param_whitelist\":[]}", "param_whitelist: must map"},
    {"{}", "{\"param_whitelist\":{\"model\":\"gpt\"}}", "param_whitelist.model: must be a list"},
    {"{}", "{\"param_whitelist\":{\"model\":[{}]}}", "param_whitelist.model[0]: must be a pattern"},
    {"{}", "{\"param_whitelist\":{\"model\":[null]}}", "param_whitelist.model[0]: must be a pattern"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fh_t *h = fh_open(check_argument);
    llmp_err_t e;
    fh_api(h, "openai", cases[i].settings);
    CHECK_INT(fh_create(h, cases[i].config, &e), LLMP_E_INVALID);
    CHECK_HOLDS(e.message, cases[i].reason);
    fh_close(h);
  }
}

static void needs_its_services(void) {
  static const char *const services[] = {LLMP_SVC_APIS, LLMP_SVC_JSON, LLMP_SVC_STORE};
  for (size_t i = 0; i < 3; i++) {
    fh_t *h = fh_open(check_argument);
    llmp_err_t e;
    h->without_service = services[i];
    CHECK_INT(fh_create(h, "{}", &e), LLMP_E_UNSUPPORTED);
    CHECK_HOLDS(e.message, services[i]);
    fh_close(h);
  }
}

static const check_case_t cases[] = {
  {"methods that are not listed get 405 and an allow header", methods},
  {"paths below no listed endpoint get 404", endpoints},
  {"an api without lists allows all", an_api_without_lists_allows_all},
  {"parameters must match, every occurrence of them", parameters},
  {"what counts as JSON", content_types},
  {"several content types count as JSON", several_content_types_are_json},
  {"what claims to be JSON must be one object", what_is_not_one_json_object},
  {"without a content type what may be JSON must be", without_a_content_type_only_json_is_judged},
  {"requests without a body detach", methods_without_a_body_detach},
  {"an empty body holds no parameter", an_empty_body_holds_no_parameter},
  {"a parameter may be repeated so often", repetition_has_an_end},
  {"long values are cut in messages", long_values_are_cut_in_messages},
  {"an empty list allows no value", an_empty_list_allows_no_value},
  {"a body that was not held is an error", a_body_that_was_not_held_is_an_error},
  {"malformed patterns are told once", malformed_patterns_are_told_once},
  {"bad settings are refused with a reason", bad_settings_are_refused},
  {"whitelist needs its services", needs_its_services},
};
CHECK_MAIN(cases)
