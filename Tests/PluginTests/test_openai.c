/* The openai adapter: argument 1 is its shared library. */
#include "fakehost.h"

static fh_t *opened(const char *config) {
  fh_t *h = fh_open(check_argument);
  CHECK_INT(fh_create(h, config, NULL), LLMP_OK);
  return h;
}

static fh_request_t *asking(fh_t *h) { return fh_begin(h, "POST", "/v1/chat/completions",
  "{\"model\":\"gpt-4o\"}"); }

static const char *up(const fh_request_t *q, const char *name) {
  return fh_value(&q->maps[LLMP_MAP_UPSTREAM_REQUEST], name, 0);
}

/* ------------------------------------------------------------------ requests ----------------- */

static void describes_itself(void) {
  fh_t *h = opened("{}");
  const llmp_provider_t *hooks = h->component->vtable;
  CHECK_SLICE(h->module->id, LLMP_S("org.llm-proxy.adapter.openai"));
  CHECK_SLICE(h->component->name, LLMP_S("openai"));
  CHECK_INT(h->component->kind, LLMP_KIND_PROVIDER);
  CHECK_INT(hooks->n_observes, 2);
  CHECK_SLICE(hooks->observes[0], LLMP_S("usage"));
  CHECK_SLICE(hooks->observes[1], LLMP_S("model"));
  llmp_route_query_t query = {.struct_size = sizeof query, .model = LLMP_LIT("gpt-4o")};
  llmp_route_answer_t answer = {.struct_size = sizeof answer};
  CHECK_INT(hooks->route(h->inst, &query, &answer), LLMP_OK);
  CHECK(answer.score > 0);
  CHECK_SLICE(answer.model_upstream, LLMP_S("gpt-4o"));
  fh_close(h);
}

static void sets_the_key(void) {
  fh_t *h = opened("{}");
  fh_request_t *q = asking(h);
  CHECK_INT(fh_prepare(q, "sk-upstream-1"), LLMP_CONTINUE);
  CHECK_TEXT(up(q, "authorization"), "Bearer sk-upstream-1");
  CHECK(up(q, "openai-organization") == NULL && up(q, "openai-project") == NULL);
  CHECK_INT(fh_prepare(q, "sk-upstream-2"), LLMP_CONTINUE); /* a retry with another key */
  CHECK_TEXT(up(q, "authorization"), "Bearer sk-upstream-2");
  CHECK_INT(q->maps[LLMP_MAP_UPSTREAM_REQUEST].n, 1);
  fh_close(h);
  h = opened("{\"organization\":\"org-1\",\"project\":\"proj_2\"}");
  q = asking(h);
  fh_add(q, LLMP_MAP_UPSTREAM_REQUEST, "openai-organization", "org-of-the-client");
  CHECK_INT(fh_prepare(q, "sk-x"), LLMP_CONTINUE);
  CHECK_TEXT(up(q, "openai-organization"), "org-1");
  CHECK_TEXT(up(q, "openai-project"), "proj_2");
  fh_close(h);
}

static void refuses_without_a_key(void) {
  fh_t *h = opened("{}");
  fh_request_t *q = asking(h);
  CHECK_INT(fh_prepare(q, ""), LLMP_RESPOND);
  CHECK_INT(q->status, 503);
  CHECK_TEXT(q->code, "upstream_auth_error");
  CHECK_TEXT(q->message, "Upstream authentication error\nfailed to load upstream API key");
  CHECK(up(q, "authorization") == NULL);
  fh_close(h);
}

static void a_key_that_cannot_be_a_header_is_an_error(void) {
  static char longest[2000];
  fh_t *h = opened("{}");
  CHECK_INT(fh_prepare(asking(h), "sk-\nx"), LLMP_ERROR);
  memset(longest, 'k', sizeof longest - 1);
  CHECK_INT(fh_prepare(asking(h), longest), LLMP_ERROR);
  fh_close(h);
}

static void bad_settings_are_refused(void) {
  static const struct { const char *config, *reason; } cases[] = {
    {"{\"organisation\":\"x\"}", "unknown setting 'organisation'"},
      {"{\"project\":1}", "project: must be text"},
    {"{\"project\":\"\"}", "project: must not be empty"}, {"{\"organization\":\"a\\nb\"}",
      "organization: must be printable"},
    {"[]", "must be an object"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fh_t *h = fh_open(check_argument);
    llmp_err_t e;
    CHECK_INT(fh_create(h, cases[i].config, &e), LLMP_E_INVALID);
    CHECK_HOLDS(e.message, cases[i].reason);
    fh_close(h);
  }
}

/* ------------------------------------------------------------------ usage -------------------- */

typedef struct usage_case {
  const char *usage;
  int known;
  int64_t in, out, total, cached, written, reasoning, audio_in, audio_out;
} usage_case_t;

static const usage_case_t usages[] = {
  {"{\"prompt_tokens\":9,\"completion_tokens\":12,\"total_tokens\":21,"
   "\"prompt_tokens_details\":{\"cached_tokens\":4,"
   "\"audio_tokens\":1},\"completion_tokens_details\":{\"reasoning_tokens\":5,\"audio_tokens\":2}}", 1, 9, 12,
     21, 4, -1, 5, 1, 2},
  {"{\"input_tokens\":9,\"input_tokens_details\":{\"cached_tokens\":4},\"output_tokens\":12,"
   "\"output_tokens_details\":"
   "{\"reasoning_tokens\":5},\"total_tokens\":21}", 1, 9, 12, 21, 4, -1, 5, -1, -1},
  {"{\"prompt_tokens\":8,\"total_tokens\":8}", 1, 8, -1, 8, -1, -1, -1, -1, -1},
  {"{\"prompt_tokens\":8,\"completion_tokens\":2}", 1, 8, 2, 10, -1, -1, -1, -1, -1},
  {"{\"prompt_tokens\":8.0,\"completion_tokens\":2e0,\"prompt_tokens_details\":{\"cache_write_tokens\":3}}",
    1, 8, 2, 10, -1, 3, -1, -1, -1},
  {"{\"type\":\"tokens\",\"input_tokens\":14,\"input_token_details\":{\"text_tokens\":10,"
   "\"audio_tokens\":4},\"output_tokens\":101,"
   "\"total_tokens\":115}", 1, 14, 101, 115, -1, -1, -1, 4, -1},
  {"{\"prompt_tokens\":8,\"completion_tokens\":-2,\"prompt_tokens_details\":null}", 1, 8, -1, -1, -1, -1, -1,
    -1, -1},
  {"{\"type\":\"duration\",\"seconds\":3}", 0, -1, -1, -1, -1, -1, -1, -1, -1},
  {"{}", 0, -1, -1, -1, -1, -1, -1, -1, -1}, {"null", 0, -1, -1, -1, -1, -1, -1, -1, -1},
    {"[1]", 0, -1, -1, -1, -1, -1, -1, -1, -1},
  {"{\"prompt_tokens\":\"8\"}", 0, -1, -1, -1, -1, -1, -1, -1, -1},
};

static void check_usage(const llmp_usage_t *u, const usage_case_t *c) {
  CHECK_INT(u->flags, c->known ? LLMP_USAGE_FINAL : 0);
  CHECK_INT(u->input_tokens, c->in);
  CHECK_INT(u->output_tokens, c->out);
  CHECK_INT(u->total_tokens, c->total);
  CHECK_INT(u->cached_input_tokens, c->cached);
  CHECK_INT(u->cache_write_tokens, c->written);
  CHECK_INT(u->reasoning_tokens, c->reasoning);
  CHECK_INT(u->audio_input_tokens, c->audio_in);
  CHECK_INT(u->audio_output_tokens, c->audio_out);
}

/* The same usage in a whole answer, in a chunk, and in an event of the Responses API. */
static void reads_usage_wherever_it_comes(void) {
  static const char *const shapes[] = {
    "{\"id\":\"x\",\"model\":\"gpt-4o-2024-08-06\",\"usage\":%s}",
    "{\"id\":\"x\",\"choices\":[],\"model\":\"gpt-4o-2024-08-06\",\"usage\":%s}",
    "{\"response\":{\"output\":[{\"usage\":{}}],\"model\":\"gpt-4o-2024-08-06\", \"usage\" : %s}}",
  };
  for (size_t i = 0; i < sizeof usages / sizeof *usages; i++) {
    for (size_t shape = 0; shape < 3; shape++) {
      fh_t *h = opened("{}");
      fh_request_t *q = asking(h);
      char text[1024];
      (void)snprintf(text, sizeof text, shapes[shape], usages[i].usage);
      if (shape == 0) {
        q->upstream_body = fh_copy(text, strlen(text));
        CHECK_INT(fh_upstream_end(q), LLMP_CONTINUE);
      } else {
        CHECK_INT(fh_upstream_sse(q, "", text), LLMP_CONTINUE);
      }
      check_usage(&q->usage, &usages[i]);
      if (usages[i].known) CHECK_TEXT(q->model_resolved, "gpt-4o-2024-08-06");
      if (!usages[i].known) CHECK(q->model_resolved == NULL);
      fh_close(h);
    }
  }
}

static void events_without_usage_change_nothing(void) {
  static const char *const events[] = {"", "[DONE]",
    "{\"choices\":[{\"delta\":{\"content\":\"hi\"}}],\"usage\":null}",
    "{\"choices\":[{\"delta\":{\"content\":\"usage\"}}]}",
      "{\"choices\":[{\"delta\":{\"content\":\"\\\"usage\\\":{\\\"prompt_tokens\\\":1}\"}}]}",
    "{\"choices\":[{\"usage\":{\"prompt_tokens\":1}}]}", "{\"a\":{\"usage\":{\"prompt_tokens\":1}}}",
      "\"usage\":{\"prompt_tokens\":1}",
    "{\"usage\":{\"prompt_tokens\":1}", "{\"usage\":{", "{\"usage\":{\"prompt_tokens\":", "{\"usage\" ",
      "{\"usage\":",
    "{\"x\":\"\\", "{\"response\":{\"usage\":null},\"x\":{\"usage\":{}}}",
      "[{\"usage\":{\"prompt_tokens\":1}}]", "{\"usage\":{}x"};
  static const usage_case_t nothing = {"", 0, -1, -1, -1, -1, -1, -1, -1, -1};
  fh_t *h = opened("{}");
  for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
    fh_request_t *q = asking(h);
    CHECK_INT(fh_upstream_sse(q, "", events[i]), LLMP_CONTINUE);
    if (i == 8) continue; /* cut off behind the object: what is there may be believed */
    check_usage(&q->usage, &nothing);
    if (check_failures > 0) printf("# ... with %s\n", events[i]);
  }
  fh_close(h);
}

static void a_stream_keeps_its_last_usage(void) {
  fh_t *h = opened("{}");
  fh_request_t *q = asking(h);
  (void)fh_upstream_sse(q, "", "{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}");
  (void)fh_upstream_sse(q, "", "{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":7}}");
  (void)fh_upstream_sse(q, "", "[DONE]");
  CHECK_INT(fh_upstream_end(q), LLMP_CONTINUE); /* no unary answer: nothing to add */
  CHECK_INT(q->usage.output_tokens, 7);
  CHECK_INT(q->usage.total_tokens, 8);
  fh_close(h);
}

static void answers_pass_as_they_are(void) {
  fh_t *h = opened("{}");
  llmp_stream_mode_t mode = 77;
  CHECK_INT(fh_upstream_headers(asking(h), 200, &mode), LLMP_CONTINUE);
  CHECK_INT(mode, LLMP_MODE_PASS);
  fh_close(h);
  h = fh_open(check_argument);
  h->without_service = LLMP_SVC_JSON; /* usage is then unknown, no more */
  CHECK_INT(fh_create(h, "{}", NULL), LLMP_OK);
  CHECK_INT(fh_upstream_end(asking(h)), LLMP_CONTINUE);
  fh_close(h);
}

/* ------------------------------------------------------------------ errors ------------------- */

typedef struct error_case {
  uint32_t status;
  const char *body, *header, *value;
  uint32_t client, retryable, scope;
  uint64_t after_ms;
  const char *type, *code, *message;
} error_case_t;

#define SHAPE(type, code, message) \
  "{\"error\":{\"message\":" message ",\"type\":" type ",\"param\":null,\"code\":" code "}}"
static const error_case_t errors[] = {
  {429, SHAPE("\"requests\"", "\"rate_limit_exceeded\"", "\"slow down\""), "retry-after", "7", 429, 1,
    LLMP_ERR_SCOPE_CREDENTIAL, 7000,
   "requests", "rate_limit_exceeded", "slow down"},
  {429, SHAPE("\"insufficient_quota\"", "\"insufficient_quota\"", "\"pay\""), NULL, NULL, 429, 0,
    LLMP_ERR_SCOPE_CREDENTIAL, 0,
   "insufficient_quota", "insufficient_quota", "pay"},
  {401, SHAPE("\"invalid_request_error\"", "\"invalid_api_key\"", "\"bad key\""), NULL, NULL, 401, 0,
    LLMP_ERR_SCOPE_CREDENTIAL, 0,
   "invalid_request_error", "invalid_api_key", "bad key"},
  {400, SHAPE("\"invalid_request_error\"", "null", "\"no\""), NULL, NULL, 400, 0, LLMP_ERR_SCOPE_REQUEST, 0,
    "invalid_request_error", "", "no"},
  {404, SHAPE("\"invalid_request_error\"", "\"model_not_found\"", "\"no model\""), NULL, NULL, 404, 0,
    LLMP_ERR_SCOPE_REQUEST, 0,
   "invalid_request_error", "model_not_found", "no model"},
  {500, "", NULL, NULL, 500, 1, LLMP_ERR_SCOPE_ENDPOINT, 0, "server_error", "",
    "the provider answered with status 500"},
  {503, "<html>", "retry-after", "1.5", 503, 1, LLMP_ERR_SCOPE_ENDPOINT, 1500, "server_error", "",
    "the provider answered with status 503"},
  {503, "", "retry-after-ms", "250", 503, 1, LLMP_ERR_SCOPE_ENDPOINT, 250, "server_error", "", NULL},
  {503, "", "retry-after", "Fri, 02 Jan 2026 03:04:08 GMT", 503, 1, LLMP_ERR_SCOPE_ENDPOINT, 2322,
    "server_error", "", NULL},
  {503, "", "retry-after", "Thu, 01 Jan 2026 03:04:08 GMT", 503, 1, LLMP_ERR_SCOPE_ENDPOINT, 0,
    "server_error", "", NULL},
  {503, "", "retry-after", "soon", 503, 1, LLMP_ERR_SCOPE_ENDPOINT, 0, "server_error", "", NULL},
  {503, "", "retry-after", "-1", 503, 1, LLMP_ERR_SCOPE_ENDPOINT, 0, "server_error", "", NULL},
  {503, "", "x-should-retry", "false", 503, 0, LLMP_ERR_SCOPE_ENDPOINT, 0, "server_error", "", NULL},
  {400, "", "x-should-retry", "true", 400, 1, LLMP_ERR_SCOPE_REQUEST, 0, "invalid_request_error", "", NULL},
  {0, "", "retry-after", "9", 502, 1, LLMP_ERR_SCOPE_ENDPOINT, 0, "server_error", "",
    "the provider could not be reached"},
  {408, "", NULL, NULL, 408, 1, LLMP_ERR_SCOPE_ENDPOINT, 0, "invalid_request_error", "", NULL},
  {409, "", NULL, NULL, 409, 1, LLMP_ERR_SCOPE_REQUEST, 0, "invalid_request_error", "", NULL},
  {403, "", NULL, NULL, 403, 0, LLMP_ERR_SCOPE_CREDENTIAL, 0, "permission_error", "", NULL},
  {422, "{\"detail\":\"what\"}", NULL, NULL, 422, 0, LLMP_ERR_SCOPE_REQUEST, 0, "invalid_request_error", "",
    "what"},
  {500, "{\"error\":\"boom\"}", NULL, NULL, 500, 1, LLMP_ERR_SCOPE_ENDPOINT, 0, "server_error", "", "boom"},
  {500, "{\"message\":\"boom\"}", NULL, NULL, 500, 1, LLMP_ERR_SCOPE_ENDPOINT, 0, "server_error", "", "boom"},
  {500, SHAPE("1", "429", "[]"), NULL, NULL, 500, 1, LLMP_ERR_SCOPE_ENDPOINT, 0, "1", "429", NULL},
};

static void maps_errors(void) {
  for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
    const error_case_t *c = &errors[i];
    fh_t *h = opened("{}");
    fh_request_t *q = asking(h);
    llmp_upstream_error_t out;
    if (c->header != NULL) fh_add(q, LLMP_MAP_UPSTREAM_RESPONSE, c->header, c->value);
    CHECK_INT(fh_map_error(q, c->status, c->body, &out), LLMP_OK);
    CHECK_INT(out.client_status, c->client);
    CHECK_INT(out.retryable, c->retryable);
    CHECK_INT(out.scope, c->scope);
    CHECK_INT(out.retry_after_ms, c->after_ms);
    CHECK_TEXT(out.type, c->type);
    CHECK_TEXT(out.code, c->code);
    if (c->message != NULL) CHECK_TEXT(out.message, c->message);
    if (check_failures > 0) printf("# ... with status %u, %s\n", c->status, c->body);
    fh_close(h);
  }
}

static void long_texts_are_cut_between_characters(void) {
  static char body[4096];
  size_t n = (size_t)sprintf(body, "{\"error\":{\"type\":\"x\",\"message\":\"a");
  for (int i = 0; i < 400; i++) n += (size_t)sprintf(body + n, "\xE2\x98\xBA");
  (void)strcpy(body + n, "\"}}");
  fh_t *h = opened("{}");
  llmp_upstream_error_t out;
  CHECK_INT(fh_map_error(asking(h), 400, body, &out), LLMP_OK);
  CHECK_INT(strlen(out.message), 511 - (511 - 1) % 3);
  fh_close(h);
}

static const check_case_t cases[] = {
  {"openai describes itself", describes_itself},
  {"the key becomes the authorization header", sets_the_key},
  {"without a key the request is refused", refuses_without_a_key},
  {"a key that cannot be a header is an error", a_key_that_cannot_be_a_header_is_an_error},
  {"bad settings are refused with a reason", bad_settings_are_refused},
  {"usage is read from answers, chunks and responses", reads_usage_wherever_it_comes},
  {"events without usage change nothing", events_without_usage_change_nothing},
  {"a stream keeps its last usage", a_stream_keeps_its_last_usage},
  {"answers pass as they are", answers_pass_as_they_are},
  {"errors are mapped", maps_errors},
  {"long texts are cut between characters", long_texts_are_cut_between_characters},
};
CHECK_MAIN(cases)
