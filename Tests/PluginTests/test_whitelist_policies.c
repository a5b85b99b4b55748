/* The whitelist stage under policies: argument 1 is its shared library. */
#include "fakehost.h"

#define TOKEN LLMP_POLICY_OF_TOKEN
#define ALL (LLMP_POLICY_MODELS | LLMP_POLICY_ENDPOINTS | LLMP_POLICY_METHODS | LLMP_POLICY_PARAMETERS | \
  LLMP_POLICY_ORIGINS)

static fh_t *opened(uint32_t members, const char *policy) {
  fh_t *h = fh_open(check_argument);
  fh_api(h, "free", "{}");
  CHECK_INT(fh_create(h, "{}", NULL), LLMP_OK);
  if (policy != NULL) fh_policy(h, TOKEN, members, policy);
  return h;
}

/* Both hooks, as the host calls them. */
static llmp_verdict_t send(fh_request_t *q) {
  llmp_verdict_t verdict = fh_request_headers(q);
  return verdict == LLMP_CONTINUE && q->body != NULL ? fh_request_body(q) : verdict;
}

static fh_request_t *posting(fh_t *h, const char *path, const char *type, const char *body) {
  fh_request_t *q = fh_begin(h, "POST", path, body);
  if (type != NULL) fh_add(q, LLMP_MAP_REQUEST, "content-type", type);
  return q;
}

static fh_request_t *chatting(fh_t *h, const char *body) {
  return posting(h, "/v1/chat/completions", "application/json", body);
}

static void check_refused(fh_request_t *q, uint32_t status, const char *code) {
  llmp_verdict_t verdict = send(q);
  CHECK_INT(verdict, LLMP_RESPOND);
  if (verdict != LLMP_RESPOND) return;
  CHECK_INT(q->status, status);
  CHECK_TEXT(q->code, code);
}

static void without_policies_nothing_is_looked_at(void) {
  fh_t *h = opened(0, NULL);
  CHECK_INT(send(chatting(h, "{\"model\":\"any\"}")), LLMP_DETACH);
  fh_policy(h, TOKEN, LLMP_POLICY_REQUESTS, "{\"requests_per_minute\":1}");
  CHECK_INT(send(chatting(h, "{\"model\":\"any\"}")), LLMP_DETACH);
  CHECK_INT(h->applied, 0);
  fh_close(h);
}

static void heads(void) {
  fh_t *h = opened(ALL & ~LLMP_POLICY_PARAMETERS,
    "{\"models\":[\"gpt-*\"],\"endpoints\":[\"/v1/models\",\"/v1/files/\",\"/v1/chat*\"],"
    "\"methods\":[\"GET\",\"POST\"],\"origins\":[\"https://a.example\"]}");
  CHECK_INT(send(fh_begin(h, "GET", "/v1/models", NULL)), LLMP_DETACH);
  CHECK_INT(h->applied, ALL);
  CHECK_INT(send(fh_begin(h, "GET", "/v1/models/x", NULL)), LLMP_DETACH);
  CHECK_INT(send(fh_begin(h, "GET", "/v1/files/x", NULL)), LLMP_DETACH);
  check_refused(fh_begin(h, "GET", "/v1/modelsx", NULL), 403, "endpoint_not_allowed");
  check_refused(fh_begin(h, "GET", "/v1/files", NULL), 403, "endpoint_not_allowed");
  check_refused(fh_begin(h, "GET", "/v1/models/../x", NULL), 403, "endpoint_not_allowed");
  check_refused(fh_begin(h, "GET", "/v1/models/%2e%2E/x", NULL), 403, "endpoint_not_allowed");
  check_refused(fh_begin(h, "DELETE", "/v1/models", NULL), 405, "method_not_allowed");
  CHECK_INT(send(fh_begin(h, "GET", "/v1/models?model=gpt-4o", NULL)), LLMP_DETACH);
  check_refused(fh_begin(h, "GET", "/v1/models?x=1&model=o3", NULL), 403, "model_not_allowed");
  check_refused(fh_begin(h, "GET", "/v1/models?model=gpt-4o&model=o3", NULL), 403, "model_not_allowed");
  check_refused(fh_begin(h, "GET", "/v1/models?%6dode%6C=o3", NULL), 403, "model_not_allowed");
  check_refused(fh_begin(h, "GET", "/v1/models?Model=o3", NULL), 403, "model_not_allowed");
  CHECK_INT(send(fh_begin(h, "GET", "/v1/models?models=o3&x=model&model&%6=%", NULL)), LLMP_DETACH);
  fh_request_t *q = fh_begin(h, "GET", "/v1/models", NULL);
  fh_add(q, LLMP_MAP_REQUEST, "origin", "https://a.example");
  CHECK_INT(send(q), LLMP_DETACH);
  q = fh_begin(h, "GET", "/v1/models", NULL);
  fh_add(q, LLMP_MAP_REQUEST, "origin", "https://a.example");
  fh_add(q, LLMP_MAP_REQUEST, "origin", "https://b.example");
  check_refused(q, 403, "origin_not_allowed");
  fh_close(h);
}

static void models(void) {
  fh_t *h = opened(LLMP_POLICY_MODELS, "{\"models\":[\"gpt-4o\",\"org/*\"]}");
  CHECK_INT(send(chatting(h, "{\"model\":\"gpt-4o\"}")), LLMP_CONTINUE);
  CHECK_INT(h->applied, ALL);
  CHECK_INT(send(chatting(h, "{\"model\":\"org\\/x\"}")), LLMP_CONTINUE);
  CHECK_INT(send(posting(h, "/v1/files", "application/json", "{}")), LLMP_CONTINUE);
  CHECK_INT(send(posting(h, "/v1/files", "application/octet-stream", "\x01\x02")), LLMP_CONTINUE);
  check_refused(chatting(h, "{\"model\":\"gpt-4\"}"), 403, "model_not_allowed");
  check_refused(chatting(h, "{\"model\":\"gpt-4o\",\"MODEL\":\"gpt-4o\"}"), 403, "model_not_allowed");
  check_refused(chatting(h, "{\"model\":5}"), 403, "model_not_allowed");
  check_refused(chatting(h, "{\"model\":null}"), 403, "model_not_allowed");
  check_refused(chatting(h, "{}"), 403, "model_not_allowed");
  check_refused(chatting(h, ""), 403, "model_not_allowed");
  check_refused(chatting(h, "{"), 400, "invalid_request_body");
  check_refused(posting(h, "/v1/chat/completions/", "text/plain", "model=gpt-4o"), 400, "invalid_request_body");
  check_refused(posting(h, "/x/v1/audio/speech", "audio/wav", "RIFF"), 400, "invalid_request_body");
  check_refused(posting(h, "/x/v1/audio/speech", "audio/wav", "{\"model\":\"o3\"}"), 403, "model_not_allowed");
  check_refused(posting(h, "/v1/audio/translations", "audio/wav", "RIFF"), 403, "model_not_allowed");
  fh_close(h);
}

#define PART(head, value) "--b\r\n" head "\r\n\r\n" value "\r\n"
#define NAMED(name, value) PART("Content-Disposition: form-data; name=" name, value)
#define END "--b--\r\n"

static void forms(void) {
  static const struct { const char *body; bool allowed; } cases[] = {
    {NAMED("\"model\"", "gpt-4o") END, true}, {NAMED("model", "gpt-4o") END, true},
    {NAMED("\"file\"; filename=\"model\"", "x") NAMED("\"model\"", "gpt-4o") END, true},
    {PART("content-disposition: form-data; name=\"model\"\r\nContent-Type: text/plain", "gpt-4o") END, true},
    {NAMED("\"model\"", "o3") END, false}, {NAMED("\"model\"", "gpt-4o") NAMED("\"model\"", "o3") END, false},
    {NAMED("\"MODEL\"", "o3") END, false}, {NAMED("\"mod\\el\"", "gpt-4o") END, false},
    {NAMED("\"file\"", "x") END, false}, {NAMED("\"model\"; name=\"x\"", "gpt-4o") END, false},
    {NAMED("\"model\"; name*=utf-8''x", "gpt-4o") END, false}, {NAMED("\"model\"", "gpt-4o\r\no3") END, false},
    {"--b\nContent-Disposition: form-data; name=\"model\"\n\ngpt-4o\n--b--\n", true},
    {NAMED("\"model\"; filename=\"a=b.wav\"", "gpt-4o") END, true},
    {NAMED("\"a\"", "x\r y\r\n z") NAMED("\"model\"", "gpt-4o") END, true},
    /* Folded headers, in front of an allowed decoy. */
    {PART("Content-Disposition: form-data;\r\n name=\"model\"", "o3") NAMED("\"model\"", "gpt-4o") END, false},
    {PART("Content-Disposition:\r\n\tform-data; name=\"model\"", "o3") NAMED("\"model\"", "gpt-4o") END, false},
    {PART("Content-Disposition\n : form-data; name=\"model\"", "o3") NAMED("\"model\"", "gpt-4o") END, false},
    /* CR alone is the end of a line to some. */
    {"--b\rContent-Disposition: form-data; name=\"model\"\r\ro3\r\n" NAMED("\"model\"", "gpt-4o") END, false},
    {NAMED("\"model\"", "gpt-4o\r--b\rContent-Disposition: form-data; name=\"model\"\r\ro3") END, false},
    /* Names that only some parsers read. */
    {NAMED(" \"model\"", "o3") NAMED("\"model\"", "gpt-4o") END, false},
    {NAMED("\"mo\"del", "o3") NAMED("\"model\"", "gpt-4o") END, false},
    {NAMED("mo\"del\"", "o3") NAMED("\"model\"", "gpt-4o") END, false},
    {NAMED("\"=?utf-8?q?model?=\"", "o3") NAMED("\"model\"", "gpt-4o") END, false},
    {NAMED("\"mo%64el\"", "o3") NAMED("\"model\"", "gpt-4o") END, false},
    {"--b\r\nContent-Disposition: form-data; name=\"model\"", false}, {"", false}, {"\n\n", false},
    {NAMED("\"model\"", "gpt-4o"), false}, {"Content-Disposition: name", false},
  };
  fh_t *h = opened(LLMP_POLICY_MODELS, "{\"models\":[\"gpt-4o\"]}");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fh_request_t *q = posting(h, "/v1/audio/transcriptions", "multipart/form-data; boundary=b", cases[i].body);
    if (cases[i].allowed) {
      if (send(q) != LLMP_CONTINUE) CHECK_FAIL("refused: %s", cases[i].body);
    } else {
      check_refused(q, 403, "model_not_allowed");
    }
    fh_end(q);
  }
  fh_request_t *q = posting(h, "/v1/files", "multipart/form-data; boundary=b", NAMED("\"purpose\"", "batch") END);
  CHECK_INT(send(q), LLMP_CONTINUE);
  fh_close(h);
  /* A pattern that matches much does not match a part behind the value. */
  h = opened(LLMP_POLICY_MODELS, "{\"models\":[\"gpt-*\"]}");
  check_refused(posting(h, "/v1/audio/transcriptions", "multipart/form-data; boundary=b",
    NAMED("\"model\"", "gpt-4o\r--b\rContent-Disposition: form-data; name=\"model\"\r\ro3") END), 403, "model_not_allowed");
  fh_close(h);
}

static void parameters(void) {
  static const struct { const char *rule, *body; bool allowed; } cases[] = {
    {"{\"allow\":[\"0.*\",\"1\"]}", "{\"p\":0.7}", true}, {"{\"allow\":[\"0.*\",\"1\"]}", "{\"p\":2}", false},
    {"{\"allow\":[\"a\\\"b\"]}", "{\"p\":\"a\\u0022b\"}", true}, {"{\"allow\":[\"x\"]}", "{\"q\":1}", true},
    {"{\"min\":1,\"max\":4}", "{\"p\":1}", true}, {"{\"min\":1,\"max\":4}", "{\"p\":4.0}", true},
    {"{\"min\":1,\"max\":4}", "{\"p\":4.1}", false}, {"{\"min\":1,\"max\":4}", "{\"p\":-1}", false},
    {"{\"max\":4}", "{\"p\":1e1}", false}, {"{\"max\":4}", "{\"p\":\"1\"}", false},
    {"{\"max\":4}", "{\"p\":true}", false}, {"{\"max\":4}", "{\"p\":null}", true},
    {"{\"max\":4}", "{\"p\":[1]}", false}, {"{\"max\":4}", "{\"p\":1e999}", false},
    {"{\"max\":4}", "{\"p\":4e0}", true}, {"{\"max\":4}", "{\"p\":400E-2}", true}, {"{\"max\":4}", "{\"p\":5e0}", false},
    {"{\"max\":4}", "{\"p\":0.5E+1}", false}, {"{\"max\":4}", "{\"p\":500e-2}", false},
    {"{\"max\":4}", "{\"p\":0.00000000005e11}", false}, {"{\"min\":0}", "{\"p\":-0}", true},
    {"{\"min\":0}", "{\"p\":-1e-300}", false}, {"{\"max\":4}", "{\"p\":1,\"P\":1}", false},
    {"{\"strip\":true}", "{\"P\":1}", false}, {"{\"force\":1}", "{\"P\":1}", false},
    {"{\"max\":4}", "{\"p\":1,\"p\":5}", false}, {"{\"max\":4}", "{\"\\u0070\":5}", false},
    {"{\"max\":4,\"allow\":[\"?\"]}", "{\"p\":5}", false}, {"{\"max\":9,\"allow\":[\"5\"]}", "{\"p\":6}", false},
  };
  fh_t *h = opened(0, NULL);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char json[256];
    snprintf(json, sizeof json, "{\"parameters\":{\"\\u0070\":%s}}", cases[i].rule);
    h->n_policies = 0;
    h->policy_generation = i * 8;
    fh_policy(h, TOKEN, LLMP_POLICY_PARAMETERS, json);
    fh_request_t *q = chatting(h, cases[i].body);
    if (cases[i].allowed) {
      if (send(q) != LLMP_CONTINUE) CHECK_FAIL("%s refuses %s", json, cases[i].body);
    } else {
      check_refused(q, 400, "param_not_allowed");
    }
    fh_end(q);
  }
  fh_close(h);
}

static void edits(void) {
  static const struct { const char *rules, *sent, *arrives; } cases[] = {
    {"{\"user\":{\"force\":\"a\"}}", "{\"user\":\"b\",\"n\":1}", "{\"user\":\"a\",\"n\":1}"},
    {"{\"user\":{\"force\":\"a\"}}", "{\"n\":1}", "{\"n\":1,\"user\":\"a\"}"},
    {"{\"user\":{\"force\":1.50}}", "{}", "{\"user\":1.50}"},
    {"{\"user\":{\"force\":12345678901234567890123}}", "{}", "{\"user\":12345678901234567890123}"},
    {"{\"a\":{\"strip\":true}}", "{\"a\":1,\"n\":1,\"a\":2}", "{\"n\":1}"},
    {"{\"a\":{\"strip\":true},\"b\":{\"force\":1}}", "{\"a\":1}", "{\"b\":1}"},
  };
  fh_t *h = opened(0, NULL);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char json[256];
    snprintf(json, sizeof json, "{\"parameters\":%s}", cases[i].rules);
    h->n_policies = 0;
    h->policy_generation = i * 8;
    fh_policy(h, TOKEN, LLMP_POLICY_PARAMETERS, json);
    fh_request_t *q = chatting(h, cases[i].sent);
    CHECK_INT(send(q), LLMP_CONTINUE);
    CHECK_SLICE(llmp_slice(q->body, q->body_len), llmp_slice(cases[i].arrives, strlen(cases[i].arrives)));
    CHECK(fh_value(&q->maps[LLMP_MAP_RESPONSE], "x-llm-proxy-changed-parameters", 0) != NULL);
    fh_end(q);
  }
  fh_close(h);
}

static void the_outer_policy_has_the_last_word(void) {
  fh_t *h = opened(0, NULL);
  fh_policy(h, LLMP_POLICY_OF_PROJECT, LLMP_POLICY_PARAMETERS,
    "{\"parameters\":{\"a\":{\"force\":1},\"b\":{\"strip\":true},\"c\":{\"max\":3}}}");
  fh_policy(h, TOKEN, LLMP_POLICY_PARAMETERS, "{\"parameters\":{\"a\":{\"force\":2},\"b\":{\"force\":2}}}");
  fh_request_t *q = chatting(h, "{\"a\":9,\"c\":1}");
  CHECK_INT(send(q), LLMP_CONTINUE);
  CHECK_SLICE(llmp_slice(q->body, q->body_len), LLMP_S("{\"a\":1,\"c\":1}"));
  fh_policy(h, TOKEN, LLMP_POLICY_PARAMETERS, "{\"parameters\":{\"c\":{\"force\":4}}}");
  check_refused(chatting(h, "{\"c\":1}"), 400, "param_not_allowed");
  fh_close(h);
}

static void what_cannot_be_compiled_is_a_failure(void) {
  fh_t *h = opened(LLMP_POLICY_MODELS, "{\"models\":[\"a\"");
  fh_request_t *q = chatting(h, "{\"model\":\"b\"}");
  CHECK_INT(send(q), LLMP_ERROR);
  h->n_policies = 0;
  h->policy_generation = 8;
  fh_policy(h, TOKEN, LLMP_POLICY_METHODS, "{\"methods\":[1]}");
  CHECK_INT(send(chatting(h, "{}")), LLMP_ERROR);
  fh_close(h);
}

static const check_case_t cases[] = {
  {"without policies nothing is looked at", without_policies_nothing_is_looked_at},
  {"methods, endpoints, origins and models of queries", heads},
  {"models of JSON bodies", models},
  {"models of forms", forms},
  {"parameters are allowed or refused", parameters},
  {"parameters are forced and stripped", edits},
  {"the outer policy has the last word", the_outer_policy_has_the_last_word},
  {"what cannot be compiled is a failure", what_cannot_be_compiled_is_a_failure},
};
CHECK_MAIN(cases)
