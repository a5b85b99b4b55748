/* The mock adapter, whole answers: argument 1 is its shared library. */
#include "mock_checks.h"

static size_t words_in(const char *text) {
  size_t words = 0;
  while (text != NULL && *(text += strspn(text, " \n")) != 0) {
    words++;
    text += strcspn(text, " \n");
  }
  return words;
}

/* ------------------------------------------------------------------ whole answers ------------ */

static void chat(void) {
  fh_t *h = opened("{}");
  json_t *root = ask(h, "POST", CHAT, HELLO "}", 200);
  const char *content = text_at(root, "choices.0.message.content");
  CHECK_TEXT(text_at(root, "object"), "chat.completion");
  CHECK_TEXT(text_at(root, "model"), "gpt-4o");
  CHECK_INT(int_at(root, "created"), FH_START_UNIX_MS / 1000);
  CHECK_TEXT(text_at(root, "choices.0.message.role"), "assistant");
  CHECK_TEXT(text_at(root, "choices.0.finish_reason"), "stop");
  CHECK_HOLDS(content, "Mock reply to: Hello there, mock ");
  CHECK_INT(int_at(root, "usage.prompt_tokens"), 3);
  CHECK_INT(int_at(root, "usage.completion_tokens"), words_in(content));
  CHECK_INT(int_at(root, "usage.total_tokens"), 3 + words_in(content));
  CHECK_INT(fh_upstream_end(h->request), LLMP_CONTINUE);
  CHECK_INT(h->request->usage.input_tokens, 3);
  CHECK_INT(h->request->usage.output_tokens, words_in(content));
  CHECK_INT(h->request->usage.flags, LLMP_USAGE_FINAL);
  json_t *again = ask(h, "POST", CHAT, HELLO "}", 200);
  CHECK(json_equal(root, again));
  json_t *other = ask(h, "POST", CHAT,
    "{\"model\":\"gpt-4.1\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello there, mock\"}]}", 200);
  CHECK(strcmp(text_at(other, "id"), text_at(root, "id")) != 0);
  json_decref(root);
  json_decref(again);
  json_decref(other);
  fh_close(h);
}

static void chat_reads_parts_and_limits(void) {
  fh_t *h = opened("{\"chunks\":5}");
  json_t *root = ask(h, "POST", CHAT,
    "{\"model\":\"m\",\"n\":2,\"messages\":[{\"role\":\"system\","
    "\"content\":\"be kind\"},{\"role\":\"user\",\"content\":"
    "[{\"type\":\"text\",\"text\":\"one two\"},{\"type\":\"image_url\","
    "\"image_url\":{\"url\":\"x\"}},{\"type\":\"text\",\"text\":\"three \\u00e9 \\\"q\\\"\"}]}]}", 200);
  CHECK_TEXT(text_at(root, "choices.0.message.content"), "Mock reply to: three \xC3\xA9.");
  CHECK_INT(json_array_size(at(root, "choices")), 2);
  CHECK_INT(int_at(root, "choices.1.index"), 1);
  CHECK_INT(int_at(root, "usage.prompt_tokens"), 7);
  CHECK_INT(int_at(root, "usage.completion_tokens"), 10);
  json_decref(root);
  static const char *const names[] = {"max_tokens", "max_completion_tokens"};
  for (size_t i = 0; i < 2; i++) {
    char body[256];
    (void)snprintf(body, sizeof body, HELLO ",\"%s\":2}", names[i]);
    root = ask(h, "POST", CHAT, body, 200);
    CHECK_TEXT(text_at(root, "choices.0.message.content"), "Mock reply");
    CHECK_TEXT(text_at(root, "choices.0.finish_reason"), "length");
    CHECK_INT(int_at(root, "usage.completion_tokens"), 2);
    json_decref(root);
  }
  fh_close(h);
}

static void completions(void) {
  fh_t *h = opened("{\"chunks\":4}");
  json_t *root = ask(h, "POST", "/v1/completions", "{\"model\":\"m\",\"prompt\":\"Once upon\"}", 200);
  CHECK_TEXT(text_at(root, "object"), "text_completion");
  CHECK_TEXT(text_at(root, "choices.0.text"), "Mock reply to: Once.");
  CHECK_INT(int_at(root, "usage.prompt_tokens"), 2);
  json_decref(root);
  fh_close(h);
}

static void responses(void) {
  fh_t *h = opened("{\"chunks\":4}");
  json_t *root = ask(h, "POST", "/v1/responses",
    "{\"model\":\"m\",\"instructions\":\"be brief\",\"input\":[{\"role\":\"user\",\"content\":"
    "[{\"type\":\"input_text\",\"text\":\"Hi you\"}]}]}", 200);
  CHECK_TEXT(text_at(root, "object"), "response");
  CHECK_TEXT(text_at(root, "status"), "completed");
  CHECK_TEXT(text_at(root, "output.0.content.0.text"), "Mock reply to: Hi.");
  CHECK_INT(int_at(root, "usage.input_tokens"), 4);
  CHECK_INT(int_at(root, "usage.output_tokens"), 4);
  CHECK_INT(int_at(root, "usage.total_tokens"), 8);
  json_decref(root);
  root = ask(h, "POST", "/v1/responses", "{\"model\":\"m\",\"input\":\"Hi\",\"max_output_tokens\":1}", 200);
  CHECK_TEXT(text_at(root, "status"), "incomplete");
  CHECK_TEXT(text_at(root, "incomplete_details.reason"), "max_output_tokens");
  json_decref(root);
  fh_close(h);
}

/* ------------------------------------------------------------------ embeddings --------------- */

static double length_of(json_t *vector) {
  double sum = 0;
  for (size_t i = 0; i < json_array_size(vector); i++) {
    double x = json_real_value(json_array_get(vector, i));
    sum += x * x;
  }
  return sum; /* of a unit vector 1, squared or not */
}

static int base64_value(char c) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const char *found = c != 0 ? strchr(alphabet, c) : NULL;
  return found != NULL ? (int)(found - alphabet) : -1;
}

/* Whether base64 of little-endian floats says the same as the numbers. */
static void check_base64(const char *text, json_t *vector) {
  size_t n = json_array_size(vector), bytes = 0;
  unsigned char *decoded = malloc(n * 4 + 3);
  if (decoded == NULL) return;
  CHECK_INT(strlen(text), (n * 4 + 2) / 3 * 4);
  for (size_t i = 0; i + 3 < strlen(text) && bytes + 3 <= n * 4 + 3; i += 4) {
    int a = base64_value(text[i]), b = base64_value(text[i + 1]), c = base64_value(text[i + 2]),
      d = base64_value(text[i + 3]);
    decoded[bytes++] = (unsigned char)(a << 2 | b >> 4);
    if (c >= 0) decoded[bytes++] = (unsigned char)(b << 4 | c >> 2);
    if (d >= 0) decoded[bytes++] = (unsigned char)(c << 6 | d);
  }
  CHECK_INT(bytes, n * 4);
  for (size_t i = 0; i < n; i++) {
    float value;
    memcpy(&value, decoded + 4 * i, sizeof value);
    double difference = (double)value - json_real_value(json_array_get(vector, i));
    if (difference > 1e-9 || difference < -1e-9) CHECK_FAIL("number %zu differs by %g", i, difference);
  }
  free(decoded);
}

static void embeddings(void) {
  fh_t *h = opened("{}");
  json_t *root = ask(h, "POST", "/v1/embeddings",
    "{\"model\":\"e\",\"input\":[\"one two\",\"three\"],\"dimensions\":7}", 200);
  CHECK_TEXT(text_at(root, "object"), "list");
  CHECK_INT(json_array_size(at(root, "data")), 2);
  CHECK_INT(int_at(root, "data.1.index"), 1);
  CHECK_INT(json_array_size(at(root, "data.0.embedding")), 7);
  CHECK(!json_equal(at(root, "data.0.embedding"), at(root, "data.1.embedding")));
  CHECK(length_of(at(root, "data.0.embedding")) > 0.999999 &&
    length_of(at(root, "data.0.embedding")) < 1.000001);
  CHECK_INT(int_at(root, "usage.prompt_tokens"), 3);
  CHECK_INT(fh_upstream_end(h->request), LLMP_CONTINUE);
  CHECK_INT(h->request->usage.input_tokens, 3);
  json_t *single = ask(h, "POST", "/v1/embeddings", "{\"model\":\"e\",\"input\":\"three\",\"dimensions\":7}",
    200);
  CHECK(json_equal(at(root, "data.1.embedding"), at(single, "data.0.embedding")));
  for (int dimensions = 1; dimensions <= 4; dimensions++) {
    char body[128];
    (void)snprintf(body, sizeof body, "{\"model\":\"e\",\"input\":[1,2],\"dimensions\":%d}", dimensions);
    json_t *numbers = ask(h, "POST", "/v1/embeddings", body, 200);
    (void)snprintf(body, sizeof body,
      "{\"model\":\"e\",\"input\":[[1,2]],\"dimensions\":%d,\"encoding_format\":\"base64\"}", dimensions);
    json_t *packed = ask(h, "POST", "/v1/embeddings", body, 200);
    check_base64(text_at(packed, "data.0.embedding"), at(numbers, "data.0.embedding"));
    json_decref(numbers);
    json_decref(packed);
  }
  json_t *usual = ask(h, "POST", "/v1/embeddings", "{\"model\":\"e\",\"input\":\"x\"}", 200);
  CHECK_INT(json_array_size(at(usual, "data.0.embedding")), 1536);
  json_decref(root);
  json_decref(single);
  json_decref(usual);
  fh_close(h);
}

static void models_and_moderations(void) {
  fh_t *h = opened("{\"models\":[\"one\",\"org/two\"]}");
  json_t *root = ask(h, "GET", "/v1/models", NULL, 200);
  CHECK_INT(json_array_size(at(root, "data")), 2);
  CHECK_TEXT(text_at(root, "data.1.id"), "org/two");
  json_decref(root);
  root = ask(h, "GET", "/v1/models/org%2ftwo", NULL, 200);
  CHECK_TEXT(text_at(root, "id"), "org/two");
  CHECK_TEXT(text_at(root, "object"), "model");
  json_decref(root);
  root = ask(h, "GET", "/v1/models/three%", NULL, 404);
  CHECK_TEXT(text_at(root, "error.code"), "model_not_found");
  CHECK_TEXT(text_at(root, "error.message"), "The model 'three%' does not exist");
  json_decref(root);
  root = ask(h, "POST", "/v1/moderations", "{\"input\":[\"fine\",\"a mock-flag\"]}", 200);
  CHECK(json_is_false(at(root, "results.0.flagged")) && json_is_true(at(root, "results.1.flagged")));
  CHECK(json_is_true(at(root, "results.1.categories.violence")));
  json_decref(root);
  fh_close(h);
}

/* ------------------------------------------------------------------ errors ------------------- */

typedef struct error_case { const char *method, *path, *body; uint32_t status; const char *type, *param,
  *code, *message; } error_case_t;
#define INVALID "invalid_request_error"
static const error_case_t errors[] = {
  {"POST", CHAT, "{\"messages\":[]}", 400, INVALID, NULL, NULL, "you must provide a model parameter"},
  {"POST", CHAT, "{\"model\":7,\"messages\":[]}", 400, INVALID, NULL, NULL,
    "you must provide a model parameter"},
  {"POST", CHAT, "{\"model\":\"m\"}", 400, INVALID, "messages", "missing_required_parameter",
    "Missing required parameter: 'messages'."},
  {"POST", CHAT, "{\"model\":\"m\",\"messages\":\"hi\",\"stream\":true}", 400, INVALID, "messages",
    "invalid_type", NULL},
  {"POST", CHAT, "{\"model\":\"m\",\"messages\":[]}", 400, INVALID, "messages", "empty_array", NULL},
  {"POST", CHAT, "{\"model\":\"m\",\"messages\":[1]}", 400, INVALID, "messages[0]", "invalid_type", NULL},
  {"POST", CHAT, "{\"model\":\"m\",\"messages\":[{\"content\":\"x\"}]}", 400, INVALID, "messages[0].role",
    "missing_required_parameter", NULL},
  {"POST", CHAT, HELLO ",\"max_tokens\":0}", 400, INVALID, "max_tokens", "integer_below_min_value", NULL},
  {"POST", CHAT, HELLO ",\"n\":99}", 400, INVALID, "n", "integer_above_max_value", NULL},
  {"POST", CHAT, HELLO ",\"max_tokens\":\"1\"}", 400, INVALID, "max_tokens", "invalid_type", NULL},
  {"POST", CHAT, HELLO ",\"stream\":1}", 400, INVALID, "stream", "invalid_type", NULL},
  {"POST", CHAT, HELLO, 400, INVALID, NULL, NULL, NULL},
  {"POST", CHAT, "[]", 400, INVALID, NULL, NULL, NULL}, {"POST", CHAT, "", 400, INVALID, NULL, NULL, NULL},
  {"POST", "/v1/responses", "{\"model\":\"m\"}", 400, INVALID, "input", "missing_required_parameter", NULL},
  {"POST", "/v1/responses", "{\"model\":\"m\",\"input\":1}", 400, INVALID, "input", "invalid_type", NULL},
  {"POST", "/v1/completions", "{\"model\":\"m\",\"prompt\":1}", 400, INVALID, "prompt", "invalid_type", NULL},
  {"POST", "/v1/embeddings", "{\"model\":\"m\"}", 400, INVALID, "input", "missing_required_parameter", NULL},
  {"POST", "/v1/embeddings", "{\"input\":\"x\"}", 400, INVALID, NULL, NULL,
    "you must provide a model parameter"},
  {"POST", "/v1/embeddings", "{\"model\":\"m\",\"input\":\"\"}", 400, INVALID, "input", "invalid_type", NULL},
  {"POST", "/v1/embeddings", "{\"model\":\"m\",\"input\":[\"x\",\"\"]}", 400, INVALID, "input",
    "invalid_type", NULL},
  {"POST", "/v1/embeddings", "{\"model\":\"m\",\"input\":[]}", 400, INVALID, "input", "invalid_type", NULL},
  {"POST", "/v1/embeddings", "{\"model\":\"m\",\"input\":[1,\"x\"]}", 400, INVALID, "input", "invalid_type",
    NULL},
  {"POST", "/v1/embeddings", "{\"model\":\"m\",\"input\":\"x\",\"dimensions\":0}", 400, INVALID, "dimensions",
    "integer_below_min_value", NULL},
  {"POST", "/v1/embeddings", "{\"model\":\"m\",\"input\":\"x\",\"encoding_format\":\"hex\"}", 400, INVALID,
    "encoding_format", "invalid_value", NULL},
  {"POST", "/v1/moderations", "{}", 400, INVALID, "input", "missing_required_parameter", NULL},
  {"POST", "/v1/images/generations", "{}", 404, INVALID, NULL, "unknown_url",
    "Unknown request URL: POST /v1/images/generations."},
  {"GET", "/v1/models/", NULL, 404, INVALID, NULL, "unknown_url", NULL},
  {"GET", CHAT, NULL, 405, INVALID, NULL, "method_not_supported", NULL},
  {"POST", CHAT, "{\"model\":\"mock-error-429\"}", 429, "rate_limit_error", NULL, "rate_limit_exceeded",
    NULL},
  {"POST", CHAT, "{\"model\":\"mock-error-500\",\"stream\":true}", 500, "server_error", NULL, "server_error",
    NULL},
  {"POST", "/v1/responses", "{\"model\":\"mock-error-503\"}", 503, "server_error", NULL, NULL, NULL},
};

static void check_text_or_null(json_t *error, const char *name, const char *wanted) {
  json_t *value = json_object_get(error, name);
  if (wanted == NULL && !json_is_null(value)) CHECK_FAIL("%s is not null", name);
  if (wanted != NULL) CHECK_TEXT(json_string_value(value), wanted);
}

static void requests_are_checked(void) {
  for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
    const error_case_t *c = &errors[i];
    fh_t *h = opened("{\"delay_ms\":50}"); /* an error does not wait */
    json_t *root = ask(h, c->method, c->path, c->body, c->status);
    json_t *error = at(root, "error");
    CHECK_INT(json_object_size(error), 4);
    check_text_or_null(error, "type", c->type);
    check_text_or_null(error, "param", c->param);
    check_text_or_null(error, "code", c->code);
    if (c->message != NULL) check_text_or_null(error, "message", c->message);
    CHECK((fh_value(&h->request->reply_headers, "retry-after", 0) != NULL) == (c->status == 429));
    CHECK_INT(fh_upstream_end(h->request), LLMP_CONTINUE);
    CHECK_INT(h->request->usage.flags, 0);
    if (check_failures > 0) printf("# ... with %s %s\n", c->path, c->body ? c->body : "");
    json_decref(root);
    fh_close(h);
  }
}

static void a_body_that_was_not_held_is_an_error(void) {
  fh_t *h = opened("{}");
  CHECK_INT(fh_prepare(fh_begin(h, "POST", CHAT, NULL), ""), LLMP_ERROR);
  fh_close(h);
}

static void too_many_numbers_are_refused(void) {
  char *body = malloc(8192);
  if (body == NULL) return;
  size_t n = (size_t)sprintf(body, "{\"model\":\"m\",\"dimensions\":3072,\"input\":[\"x\"");
  for (int i = 0; i < 400; i++) n += (size_t)sprintf(body + n, ",\"x\"");
  (void)strcpy(body + n, "]}");
  fh_t *h = opened("{}");
  json_t *root = ask(h, "POST", "/v1/embeddings", body, 400);
  CHECK_TEXT(text_at(root, "error.code"), "array_above_max_length");
  json_decref(root);
  free(body);
  fh_close(h);
}

static void settings_are_checked(void) {
  static const struct { const char *config, *reason; } cases[] = {
    {"{\"delay\":1}", "unknown setting 'delay'"}, {"{\"delay_ms\":-1}", "delay_ms: must be an integer"},
    {"{\"chunks\":1.5}", "chunks: must be an integer"}, {"{\"models\":{}}", "models: must be a list"},
    {"{\"models\":[\"a\",\"\"]}", "models[1]: must be a name"}, {"x", "not JSON"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fh_t *h = fh_open(check_argument);
    llmp_err_t e;
    CHECK_INT(fh_create(h, cases[i].config, &e), LLMP_E_INVALID);
    CHECK_HOLDS(e.message, cases[i].reason);
    fh_close(h);
  }
  fh_t *h = fh_open(check_argument);
  llmp_err_t e;
  h->without_service = LLMP_SVC_TIMER;
  CHECK_INT(fh_create(h, "{\"delay_ms\":5}", &e), LLMP_E_UNSUPPORTED);
  CHECK_INT(fh_create(h, "{}", &e), LLMP_OK); /* without delays nothing needs it */
  json_t *root = ask(h, "POST", CHAT, "{\"model\":\"mock-slow\",\"messages\":[{\"role\":\"user\"}]}", 200);
  json_decref(root);
  fh_close(h);
}

static const check_case_t cases[] = {
  {"chat answers, the same for the same request", chat},
  {"chat reads parts and limits", chat_reads_parts_and_limits},
  {"completions answer", completions},
  {"responses answer", responses},
  {"embeddings are unit vectors, as numbers and base64", embeddings},
  {"models and moderations answer", models_and_moderations},
  {"requests are checked as OpenAI does", requests_are_checked},
  {"a body that was not held is an error", a_body_that_was_not_held_is_an_error},
  {"too many numbers are refused", too_many_numbers_are_refused},
  {"settings are checked", settings_are_checked},
};
CHECK_MAIN(cases)
