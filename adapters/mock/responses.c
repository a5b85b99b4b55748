/* POST /v1/responses: one message, whole or as events. Nothing is stored. */
#include "adapter.h"

/* ------------------------------------------------------------------ parts of a response ------ */

static void add_text(llmp_buf_t *out, const char *text) { llmp_buf_add(out, text, strlen(text)); }

static void add_item_id(llmp_buf_t *out, const answer_t *a) {
  LLMP_BUF_LIT(out, "\"msg_mock_");
  add_text(out, a->id);
  LLMP_BUF_LIT(out, "\"");
}

static void add_part(llmp_buf_t *out, llmp_str_t text) {
  LLMP_BUF_LIT(out, "{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":");
  llmp_buf_json(out, text);
  LLMP_BUF_LIT(out, "}");
}

static const char *final_status(const answer_t *a) { return a->truncated ? "incomplete" : "completed"; }

static void add_item(llmp_buf_t *out, const answer_t *a, bool ended) {
  LLMP_BUF_LIT(out, "{\"id\":");
  add_item_id(out, a);
  LLMP_BUF_LIT(out, ",\"type\":\"message\",\"status\":\"");
  add_text(out, ended ? final_status(a) : "in_progress");
  LLMP_BUF_LIT(out, "\",\"role\":\"assistant\",\"content\":[");
  if (ended) add_part(out, llmp_buf_view(&a->text));
  LLMP_BUF_LIT(out, "]}");
}

static void add_usage(llmp_buf_t *out, const answer_t *a) {
  LLMP_BUF_LIT(out, "{\"input_tokens\":");
  llmp_buf_u64(out, a->input_tokens);
  LLMP_BUF_LIT(out, ",\"input_tokens_details\":{\"cached_tokens\":0,\"cache_write_tokens\":0},"
                    "\"output_tokens\":");
  llmp_buf_u64(out, a->words);
  LLMP_BUF_LIT(out, ",\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":");
  llmp_buf_u64(out, a->input_tokens + a->words);
  LLMP_BUF_LIT(out, "}");
}

static void add_response(llmp_buf_t *out, const answer_t *a, bool ended) {
  LLMP_BUF_LIT(out, "{\"id\":\"resp_mock_");
  add_text(out, a->id);
  LLMP_BUF_LIT(out, "\",\"object\":\"response\",\"created_at\":");
  llmp_buf_u64(out, (uint64_t)a->created);
  LLMP_BUF_LIT(out, ",\"status\":\"");
  add_text(out, ended ? final_status(a) : "in_progress");
  LLMP_BUF_LIT(out, "\",\"error\":null,\"incomplete_details\":");
  add_text(out, ended && a->truncated ? "{\"reason\":\"max_output_tokens\"}" : "null");
  LLMP_BUF_LIT(out, ",\"instructions\":null,\"max_output_tokens\":null,\"model\":");
  llmp_buf_json(out, llmp_slice(a->model, strlen(a->model)));
  LLMP_BUF_LIT(out, ",\"output\":[");
  if (ended) add_item(out, a, true);
  LLMP_BUF_LIT(out, "],\"parallel_tool_calls\":true,\"previous_response_id\":null,"
                    "\"reasoning\":{\"effort\":null,\"summary\":null},\"store\":false,\"temperature\":1.0,"
                    "\"text\":{\"format\":{\"type\":\"text\"}},\"tool_choice\":\"auto\",\"tools\":[],"
                    "\"top_p\":1.0,\"truncation\":\"disabled\",\"usage\":");
  if (ended) {
    add_usage(out, a);
  } else {
    LLMP_BUF_LIT(out, "null");
  }
  LLMP_BUF_LIT(out, ",\"user\":null,\"metadata\":{}}");
}

/* ------------------------------------------------------------------ events ------------------- */

#define BEFORE_WORDS 4
#define AFTER_WORDS 4

size_t response_events(const answer_t *a) { return BEFORE_WORDS + a->words + AFTER_WORDS; }

/* event: NAME\ndata: {"type":NAME,"sequence_number":STEP */
static void begin_event(llmp_buf_t *out, const char *name, size_t step) {
  LLMP_BUF_LIT(out, "event: ");
  add_text(out, name);
  LLMP_BUF_LIT(out, "\ndata: {\"type\":\"");
  add_text(out, name);
  LLMP_BUF_LIT(out, "\",\"sequence_number\":");
  llmp_buf_u64(out, step);
}

static void response_wide_event(llmp_buf_t *out, const answer_t *a, const char *name, size_t step,
  bool ended) {
  begin_event(out, name, step);
  LLMP_BUF_LIT(out, ",\"response\":");
  add_response(out, a, ended);
}

static void item_event(llmp_buf_t *out, const answer_t *a, const char *name, size_t step, bool ended) {
  begin_event(out, name, step);
  LLMP_BUF_LIT(out, ",\"output_index\":0,\"item\":");
  add_item(out, a, ended);
}

/* Begins an event about the content part, the only one of the only item. */
static void begin_content_event(llmp_buf_t *out, const answer_t *a, const char *name, size_t step) {
  begin_event(out, name, step);
  LLMP_BUF_LIT(out, ",\"item_id\":");
  add_item_id(out, a);
  LLMP_BUF_LIT(out, ",\"output_index\":0,\"content_index\":0");
}

static void part_event(llmp_buf_t *out, const answer_t *a, const char *name, size_t step, llmp_str_t text) {
  begin_content_event(out, a, name, step);
  LLMP_BUF_LIT(out, ",\"part\":");
  add_part(out, text);
}

static void text_event(llmp_buf_t *out, const answer_t *a, const char *name, size_t step, llmp_str_t text) {
  bool delta = step < BEFORE_WORDS + a->words;
  begin_content_event(out, a, name, step);
  llmp_buf_str(out, delta ? LLMP_S(",\"logprobs\":[],\"delta\":") : LLMP_S(",\"logprobs\":[],\"text\":"));
  llmp_buf_json(out, text);
}

void response_event(const answer_t *a, size_t step, llmp_buf_t *out) {
  llmp_str_t text = llmp_buf_view(&a->text);
  size_t after = step >= BEFORE_WORDS + a->words ? step - BEFORE_WORDS - a->words : AFTER_WORDS;
  if (step == 0) {
    response_wide_event(out, a, "response.created", step, false);
  } else if (step == 1) {
    response_wide_event(out, a, "response.in_progress", step, false);
  } else if (step == 2) {
    item_event(out, a, "response.output_item.added", step, false);
  } else if (step == 3) {
    part_event(out, a, "response.content_part.added", step, LLMP_S(""));
  } else if (after == AFTER_WORDS) {
    text_event(out, a, "response.output_text.delta", step, answer_word(a, step - BEFORE_WORDS));
  } else if (after == 0) {
    text_event(out, a, "response.output_text.done", step, text);
  } else if (after == 1) {
    part_event(out, a, "response.content_part.done", step, text);
  } else if (after == 2) {
    item_event(out, a, "response.output_item.done", step, true);
  } else {
    response_wide_event(out, a, a->truncated ? "response.incomplete" : "response.completed", step, true);
  }
  LLMP_BUF_LIT(out, "}\n\n");
}

/* ------------------------------------------------------------------ requests ----------------- */

void plan_response(const mock_t *m, plan_t *plan, json_t *request, llmp_str_t tail) {
  (void)tail;
  if (!plan_generate(m, plan, request, ANSWER_RESPONSE)) return;
  json_t *input = json_object_get(request, "input");
  if (input == NULL || json_is_null(input)) {
    (void)plan_refuse_missing(plan, "input");
  } else if (!json_is_string(input) && !json_is_array(input)) {
    (void)plan_refuse(plan, 400, "input", "invalid_type",
      "Invalid type for 'input': expected a string or an array.");
  } else if (!plan->stream) {
    add_response(&plan->body, &plan->answer, true);
  }
}
