/* GET /v1/models, GET /v1/models/{id}, POST /v1/moderations. */
#include "adapter.h"

/* ------------------------------------------------------------------ models ------------------- */

static void add_model(llmp_buf_t *out, llmp_str_t id) {
  LLMP_BUF_LIT(out, "{\"id\":");
  llmp_buf_json(out, id);
  LLMP_BUF_LIT(out, ",\"object\":\"model\",\"created\":1735689600,\"owned_by\":\"llm-proxy-mock\"}");
}

void plan_models(const mock_t *m, plan_t *plan, json_t *request, llmp_str_t tail) {
  (void)request;
  (void)tail;
  plan->status = 200;
  plan->delay_ms = (uint64_t)m->delay_ms;
  LLMP_BUF_LIT(&plan->body, "{\"object\":\"list\",\"data\":[");
  for (size_t i = 0; i < m->n_models; i++) {
    if (i > 0) LLMP_BUF_LIT(&plan->body, ",");
    add_model(&plan->body, llmp_slice(m->models[i], strlen(m->models[i])));
  }
  LLMP_BUF_LIT(&plan->body, "]}");
}

static int hex_digit(char c) {
  return c >= '0' && c <= '9' ? c - '0' : llmp_lower(c) >= 'a' && llmp_lower(c) <= 'f'
    ? llmp_lower(c) - 'a' + 10 : -1;
}

static void add_decoded(llmp_buf_t *out, llmp_str_t s) {
  for (size_t i = 0; i < s.len; i++) {
    int high = i + 2 < s.len && s.ptr[i] == '%' ? hex_digit(s.ptr[i + 1]) : -1;
    int low = high >= 0 ? hex_digit(s.ptr[i + 2]) : -1;
    llmp_buf_char(out, low >= 0 ? (char)(high << 4 | low) : s.ptr[i]);
    if (low >= 0) i += 2;
  }
}

void plan_model(const mock_t *m, plan_t *plan, json_t *request, llmp_str_t tail) {
  llmp_buf_t id = {0};
  (void)request;
  plan->delay_ms = (uint64_t)m->delay_ms;
  add_decoded(&id, tail);
  for (size_t i = 0; i < m->n_models && plan->status == 0; i++) {
    llmp_str_t name = llmp_slice(m->models[i], strlen(m->models[i]));
    if (!llmp_eq(name, llmp_buf_view(&id))) continue;
    plan->status = 200;
    add_model(&plan->body, name);
  }
  if (plan->status == 0) {
    (void)plan_refuse(plan, 404, "model", "model_not_found", "The model '%.*s' does not exist",
                      (int)(id.len < 128 ? id.len : 128), id.len > 0 ? id.ptr : "");
  }
  llmp_buf_free(&id);
}

/* ------------------------------------------------------------------ moderations -------------- */

static const char *const categories[] = {
  "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent",
    "self-harm",
  "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic",
};

/* Every category, the last but one ("violence") speaking for a flagged text. */
static void add_categories(llmp_buf_t *out, const char *flagged, const char *clear, bool is_flagged) {
  for (size_t i = 0; i < sizeof categories / sizeof *categories; i++) {
    const char *value = is_flagged && strcmp(categories[i], "violence") == 0 ? flagged : clear;
    if (i > 0) LLMP_BUF_LIT(out, ",");
    llmp_buf_json(out, llmp_slice(categories[i], strlen(categories[i])));
    LLMP_BUF_LIT(out, ":");
    llmp_buf_add(out, value, strlen(value));
  }
}

/* A text that holds "mock-flag" is flagged, all others are not. */
static void add_result(llmp_buf_t *out, json_t *input) {
  json_t *text = json_is_object(input) ? json_object_get(input, "text") : input;
  bool flagged = json_is_string(text) && strstr(json_string_value(text), "mock-flag") != NULL;
  LLMP_BUF_LIT(out, "{\"flagged\":");
  llmp_buf_str(out, flagged ? LLMP_S("true") : LLMP_S("false"));
  LLMP_BUF_LIT(out, ",\"categories\":{");
  add_categories(out, "true", "false", flagged);
  LLMP_BUF_LIT(out, "},\"category_scores\":{");
  add_categories(out, "0.99", "0.0001", flagged);
  LLMP_BUF_LIT(out, "},\"category_applied_input_types\":{");
  add_categories(out, "[\"text\"]", "[\"text\"]", flagged);
  LLMP_BUF_LIT(out, "}}");
}

void plan_moderation(const mock_t *m, plan_t *plan, json_t *request, llmp_str_t tail) {
  json_t *input = json_object_get(request, "input"), *model = json_object_get(request, "model");
  (void)tail;
  if (input == NULL || json_is_null(input)) {
    (void)plan_refuse_missing(plan, "input");
    return;
  }
  if (json_array_size(input) > 1024) {
    (void)plan_refuse(plan, 400, "input", "array_above_max_length",
      "Invalid 'input': the mock takes at most 1024.");
    return;
  }
  prompt_t prompt = prompt_begin();
  prompt_add_content(&prompt, input);
  plan->status = 200;
  plan->delay_ms = (uint64_t)m->delay_ms;
  LLMP_BUF_LIT(&plan->body, "{\"id\":\"modr-mock-");
  llmp_buf_u64(&plan->body, prompt.hash);
  LLMP_BUF_LIT(&plan->body, "\",\"model\":");
  llmp_buf_json(&plan->body, json_is_string(model) ? llmp_slice(json_string_value(model),
    json_string_length(model))
                                                   : LLMP_S("omni-moderation-latest"));
  LLMP_BUF_LIT(&plan->body, ",\"results\":[");
  if (json_is_string(input)) add_result(&plan->body, input);
  size_t i;
  json_t *element;
  json_array_foreach(input, i, element) {
    if (i > 0) LLMP_BUF_LIT(&plan->body, ",");
    add_result(&plan->body, element);
  }
  LLMP_BUF_LIT(&plan->body, "]}");
}
