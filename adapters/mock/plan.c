/* Which answer a request gets. */
#include "adapter.h"

#include <inttypes.h>
#include <stdlib.h>

#define BODY_MAX (16u << 20)   /* parsing more than that in a hook would hold everybody up */
#define TOKENS_MAX 1000000

void plan_free(plan_t *plan) {
  llmp_buf_free(&plan->body);
  llmp_buf_free(&plan->answer.text);
  free(plan->answer.starts);
  free(plan->answer.model);
  memset(plan, 0, sizeof *plan);
}

/* ------------------------------------------------------------------ errors ------------------- */

static void add_text_or_null(llmp_buf_t *out, const char *text) {
  if (text == NULL) {
    LLMP_BUF_LIT(out, "null");
  } else {
    llmp_buf_json(out, llmp_slice(text, strlen(text)));
  }
}

bool plan_refuse(plan_t *plan, uint32_t status, const char *param, const char *code, const char *format,
  ...) {
  char message[512];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  plan->stream = false;
  plan->status = status;
  plan->retry_after = status == 429;
  plan->has_usage = false;
  plan->delay_ms = plan->pace_ms = 0;
  plan->body.len = 0;
  LLMP_BUF_LIT(&plan->body, "{\"error\":{\"message\":");
  llmp_buf_json(&plan->body, llmp_slice(message, strlen(message)));
  LLMP_BUF_LIT(&plan->body, ",\"type\":");
  add_text_or_null(&plan->body, status == 429 ? "rate_limit_error"
                              : status >= 500 ? "server_error" : "invalid_request_error");
  LLMP_BUF_LIT(&plan->body, ",\"param\":");
  add_text_or_null(&plan->body, param);
  LLMP_BUF_LIT(&plan->body, ",\"code\":");
  add_text_or_null(&plan->body, code);
  LLMP_BUF_LIT(&plan->body, "}}");
  return false;
}

bool plan_refuse_missing(plan_t *plan, const char *param) {
  return plan_refuse(plan, 400, param, "missing_required_parameter",
                     "Missing required parameter: '%s'.", param);
}

bool plan_integer(plan_t *plan, json_t *request, const char *name, int64_t low, int64_t high,
                 int64_t *value) {
  json_t *member = json_object_get(request, name);
  if (member == NULL || json_is_null(member)) return true;
  if (!json_is_integer(member)) {
    return plan_refuse(plan, 400, name, "invalid_type", "Invalid type for '%s': expected an integer.", name);
  }
  *value = json_integer_value(member);
  if (*value >= low && *value <= high) return true;
  return plan_refuse(plan, 400, name, *value < low ? "integer_below_min_value" : "integer_above_max_value",
                     "Invalid '%s': expected a value from %" PRId64 " to %" PRId64 ", but got %" PRId64
                     " instead.", name, low, high, *value);
}

/* The models that are there to fail. True: refused. */
static bool refuse_by_model(plan_t *plan, const char *model) {
  static const char prefix[] = "mock-error-";
  if (strncmp(model, prefix, sizeof prefix - 1) != 0) return false;
  const char *digits = model + sizeof prefix - 1;
  long status = strlen(digits) == 3 ? strtol(digits, NULL, 10) : 0;
  if (status < 400 || status > 599) return false;
  (void)plan_refuse(plan, (uint32_t)status, NULL, status == 429 ? "rate_limit_exceeded" : status == 500
    ? "server_error" : NULL,
                    "The model '%.64s' always answers with status %ld.", model, status);
  return true;
}

/* ------------------------------------------------------------------ what generators share ---- */

/* The token limit, by any of its names; 0 = none. */
static bool read_limit(plan_t *plan, json_t *request, answer_kind_t kind, int64_t *limit) {
  if (kind == ANSWER_RESPONSE) return plan_integer(plan, request, "max_output_tokens", 1, TOKENS_MAX, limit);
  return plan_integer(plan, request, "max_tokens", 1, TOKENS_MAX, limit) &&
         plan_integer(plan, request, "max_completion_tokens", 1, TOKENS_MAX, limit);
}

static bool read_flag(plan_t *plan, json_t *request, const char *name, bool *flag) {
  json_t *member = json_object_get(request, name);
  if (member == NULL || json_is_null(member)) return true;
  if (!json_is_boolean(member)) {
    return plan_refuse(plan, 400, name, "invalid_type", "Invalid type for '%s': expected a boolean.", name);
  }
  *flag = json_is_true(member);
  return true;
}

static bool take_model(plan_t *plan, json_t *request) {
  json_t *model = json_object_get(request, "model");
  if (!json_is_string(model) || json_string_length(model) == 0) {
    return plan_refuse(plan, 400, NULL, NULL, "you must provide a model parameter");
  }
  if (refuse_by_model(plan, json_string_value(model))) return false;
  size_t n = json_string_length(model);
  plan->answer.model = malloc(n + 1);
  if (plan->answer.model == NULL) return !(plan->body.failed = true);
  memcpy(plan->answer.model, json_string_value(model), n + 1);
  return true;
}

static void add_messages(prompt_t *prompt, json_t *messages) {
  if (json_is_string(messages)) prompt_add_content(prompt, messages);
  size_t i;
  json_t *message;
  json_array_foreach(messages, i, message) {
    if (json_is_object(message)) {
      prompt_add_content(prompt, json_object_get(message, "content"));
    } else {
      prompt_add_content(prompt, message);
    }
  }
}

bool plan_generate(const mock_t *m, plan_t *plan, json_t *request, answer_kind_t kind) {
  answer_t *a = &plan->answer;
  static const char *const prompts[] = {"messages", "prompt", "input"};
  int64_t limit = 0, choices = 1;
  if (!take_model(plan, request) || !read_limit(plan, request, kind, &limit) ||
      !read_flag(plan, request, "stream", &plan->stream) ||
      (kind != ANSWER_RESPONSE && !plan_integer(plan, request, "n", 1, 8, &choices))) {
    return false;
  }
  json_t *options = json_object_get(request, "stream_options");
  a->include_usage = plan->stream && json_is_true(json_object_get(options, "include_usage"));
  a->kind = kind;
  a->choices = (size_t)choices;
  a->created = m->host->now_unix_ms(m->host->ctx) / 1000;
  prompt_t prompt = prompt_begin();
  prompt_add(&prompt, llmp_slice(a->model, strlen(a->model)));
  prompt.words = 0; /* the name of the model seeds the text but is not what was asked */
  prompt.last = LLMP_S("");
  if (kind == ANSWER_RESPONSE) prompt_add_content(&prompt, json_object_get(request, "instructions"));
  add_messages(&prompt, json_object_get(request, prompts[kind]));
  (void)snprintf(a->id, sizeof a->id, "%016" PRIx64, prompt.hash);
  if (!answer_write(a, &prompt, (size_t)m->chunks, (size_t)limit)) return false;
  a->input_tokens = prompt.words;
  plan->status = 200;
  plan->has_usage = true;
  plan->input_tokens = prompt.words;
  plan->output_tokens = (uint64_t)a->words * a->choices;
  bool slow = strcmp(a->model, "mock-slow") == 0;
  plan->delay_ms = (uint64_t)(slow ? m->slow_ms : m->delay_ms);
  plan->pace_ms = (uint64_t)m->delay_ms;
  return true;
}

size_t answer_events(const answer_t *a) {
  return a->kind == ANSWER_RESPONSE ? response_events(a) : chat_events(a);
}

void answer_event(const answer_t *a, size_t step, llmp_buf_t *out) {
  if (a->kind == ANSWER_RESPONSE) {
    response_event(a, step, out);
  } else {
    chat_event(a, step, out);
  }
}

/* ------------------------------------------------------------------ routes ------------------- */

typedef void (*planner_fn)(const mock_t *m, plan_t *plan, json_t *request, llmp_str_t tail);

static const struct route {
  llmp_str_t method, path;
  bool is_prefix;          /* more must follow */
  planner_fn plan;
} routes[] = {
  {LLMP_LIT("POST"), LLMP_LIT("/v1/chat/completions"), false, plan_chat},
  {LLMP_LIT("POST"), LLMP_LIT("/v1/completions"), false, plan_completion},
  {LLMP_LIT("POST"), LLMP_LIT("/v1/responses"), false, plan_response},
  {LLMP_LIT("POST"), LLMP_LIT("/v1/embeddings"), false, plan_embeddings},
  {LLMP_LIT("POST"), LLMP_LIT("/v1/moderations"), false, plan_moderation},
  {LLMP_LIT("GET"), LLMP_LIT("/v1/models"), false, plan_models},
  {LLMP_LIT("GET"), LLMP_LIT("/v1/models/"), true, plan_model},
};

static const struct route *find_route(plan_t *plan, llmp_str_t method, llmp_str_t path) {
  bool known_path = false;
  for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
    const struct route *route = &routes[i];
    bool fits = route->is_prefix ? llmp_starts(path, route->path) && path.len > route->path.len
                                 : llmp_eq(path, route->path);
    if (!fits) continue;
    if (llmp_eq(method, route->method)) return route;
    known_path = true;
  }
  int shown = path.len < 128 ? (int)path.len : 128;
  if (known_path) {
    (void)plan_refuse(plan, 405, NULL, "method_not_supported", "Not allowed to %.*s on %.*s.",
                      (int)method.len, method.ptr, shown, path.ptr);
  } else {
    (void)plan_refuse(plan, 404, NULL, "unknown_url", "Unknown request URL: %.*s %.*s.",
                      (int)method.len, method.ptr, shown, path.ptr);
  }
  return NULL;
}

static void plan_body(const mock_t *m, plan_t *plan, const struct route *route, llmp_str_t body) {
  if (body.len > BODY_MAX) {
    (void)plan_refuse(plan, 413, NULL, "request_too_large", "The mock reads at most %u bytes.", BODY_MAX);
    return;
  }
  json_t *request = body.len > 0 ? json_loadb(body.ptr, body.len, JSON_ALLOW_NUL, NULL) : NULL;
  if (json_is_object(request)) {
    route->plan(m, plan, request, LLMP_S(""));
  } else {
    (void)plan_refuse(plan, 400, NULL, NULL,
      "We could not parse the JSON body of your request: it must be one JSON object.");
  }
  json_decref(request);
}

llmp_status_t plan_make(const mock_t *m, llmp_req_t *r, plan_t *plan, llmp_err_t *e) {
  const llmp_request_api_t *req = m->host->req;
  llmp_str_t method = LLMP_S(""), path = LLMP_S(""), body = LLMP_S("");
  (void)req->attr_get(r, LLMP_ATTR_METHOD, &method);
  (void)req->attr_get(r, LLMP_ATTR_PATH, &path);
  const struct route *route = find_route(plan, method, path);
  if (route == NULL) return LLMP_OK;
  if (llmp_eq(route->method, LLMP_S("GET"))) {
    route->plan(m, plan, NULL, llmp_slice(path.ptr + route->path.len, path.len - route->path.len));
    return LLMP_OK;
  }
  llmp_status_t status = req->body_get(r, LLMP_MAP_REQUEST, &body);
  if (status != LLMP_OK && status != LLMP_E_NOT_FOUND) {
    return llmp_fail(e, status, "the host did not hold the request's body");
  }
  plan_body(m, plan, route, body);
  return LLMP_OK;
}
