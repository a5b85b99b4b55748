/* POST /v1/chat/completions and POST /v1/completions. */
#include "adapter.h"

/* ------------------------------------------------------------------ common members ----------- */

static bool is_chat(const answer_t *a) { return a->kind == ANSWER_CHAT; }

/* {"id":...,"object":...,"created":...,"model":...,"system_fingerprint":... without its end */
static void add_head(llmp_buf_t *out, const answer_t *a, bool chunk) {
  llmp_buf_str(out, is_chat(a) ? LLMP_S("{\"id\":\"chatcmpl-mock-") : LLMP_S("{\"id\":\"cmpl-mock-"));
  llmp_buf_add(out, a->id, strlen(a->id));
  llmp_buf_str(out, !is_chat(a) ? LLMP_S("\",\"object\":\"text_completion\",\"created\":")
                    : chunk ? LLMP_S("\",\"object\":\"chat.completion.chunk\",\"created\":")
                    : LLMP_S("\",\"object\":\"chat.completion\",\"created\":"));
  llmp_buf_u64(out, (uint64_t)a->created);
  LLMP_BUF_LIT(out, ",\"model\":");
  llmp_buf_json(out, llmp_slice(a->model, strlen(a->model)));
  LLMP_BUF_LIT(out, ",\"system_fingerprint\":\"fp_mock\"");
}

static void add_usage(llmp_buf_t *out, const answer_t *a) {
  uint64_t output = (uint64_t)a->words * a->choices;
  LLMP_BUF_LIT(out, ",\"usage\":{\"prompt_tokens\":");
  llmp_buf_u64(out, a->input_tokens);
  LLMP_BUF_LIT(out, ",\"completion_tokens\":");
  llmp_buf_u64(out, output);
  LLMP_BUF_LIT(out, ",\"total_tokens\":");
  llmp_buf_u64(out, a->input_tokens + output);
  LLMP_BUF_LIT(out, ",\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},"
                    "\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,"
                    "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}");
}

static void add_finish(llmp_buf_t *out, const answer_t *a, bool ended) {
  LLMP_BUF_LIT(out, ",\"logprobs\":null,\"finish_reason\":");
  llmp_buf_str(out, !ended ? LLMP_S("null") : a->truncated ? LLMP_S("\"length\"") : LLMP_S("\"stop\""));
}

/* ------------------------------------------------------------------ whole answers ------------ */

static void write_whole(llmp_buf_t *out, const answer_t *a) {
  add_head(out, a, false);
  LLMP_BUF_LIT(out, ",\"choices\":[");
  for (size_t i = 0; i < a->choices; i++) {
    if (i > 0) LLMP_BUF_LIT(out, ",");
    LLMP_BUF_LIT(out, "{\"index\":");
    llmp_buf_u64(out, i);
    llmp_buf_str(out, is_chat(a) ? LLMP_S(",\"message\":{\"role\":\"assistant\",\"content\":")
      : LLMP_S(",\"text\":"));
    llmp_buf_json(out, llmp_buf_view(&a->text));
    if (is_chat(a)) LLMP_BUF_LIT(out, ",\"refusal\":null,\"annotations\":[]}");
    add_finish(out, a, true);
    LLMP_BUF_LIT(out, "}");
  }
  LLMP_BUF_LIT(out, "]");
  add_usage(out, a);
  LLMP_BUF_LIT(out, "}");
}

/* ------------------------------------------------------------------ streams ------------------ */

/* For each choice: a chunk that opens it (chat only), one a word, one that ends it. Then, when asked
 * for, the usage; then [DONE]. */
static size_t events_per_choice(const answer_t *a) { return a->words + (is_chat(a) ? 2 : 1); }

size_t chat_events(const answer_t *a) {
  return a->choices * events_per_choice(a) + (a->include_usage ? 1 : 0) + 1;
}

static void add_delta(llmp_buf_t *out, const answer_t *a, size_t step) {
  size_t opening = is_chat(a) ? 1 : 0;
  bool ended = step == a->words + opening;
  llmp_buf_str(out, is_chat(a) ? LLMP_S(",\"delta\":{") : LLMP_S(",\"text\":"));
  if (step < opening) {
    LLMP_BUF_LIT(out, "\"role\":\"assistant\",\"content\":\"\",\"refusal\":null");
  } else if (!ended) {
    if (is_chat(a)) LLMP_BUF_LIT(out, "\"content\":");
    llmp_buf_json(out, answer_word(a, step - opening));
  } else if (!is_chat(a)) {
    LLMP_BUF_LIT(out, "\"\"");
  }
  if (is_chat(a)) LLMP_BUF_LIT(out, "}");
  add_finish(out, a, ended);
}

void chat_event(const answer_t *a, size_t step, llmp_buf_t *out) {
  size_t deltas = a->choices * events_per_choice(a);
  if (step + 1 == chat_events(a)) {
    LLMP_BUF_LIT(out, "data: [DONE]\n\n");
    return;
  }
  LLMP_BUF_LIT(out, "data: ");
  add_head(out, a, true);
  if (step < deltas) {
    LLMP_BUF_LIT(out, ",\"choices\":[{\"index\":");
    llmp_buf_u64(out, step / events_per_choice(a));
    add_delta(out, a, step % events_per_choice(a));
    LLMP_BUF_LIT(out, "}]");
    if (a->include_usage) LLMP_BUF_LIT(out, ",\"usage\":null");
  } else {
    LLMP_BUF_LIT(out, ",\"choices\":[]");
    add_usage(out, a);
  }
  LLMP_BUF_LIT(out, "}\n\n");
}

/* ------------------------------------------------------------------ requests ----------------- */

static bool check_messages(plan_t *plan, json_t *messages) {
  if (messages == NULL || json_is_null(messages)) return plan_refuse_missing(plan, "messages");
  if (!json_is_array(messages)) {
    return plan_refuse(plan, 400, "messages", "invalid_type",
      "Invalid type for 'messages': expected an array of objects.");
  }
  if (json_array_size(messages) == 0) {
    return plan_refuse(plan, 400, "messages", "empty_array",
                       "Invalid 'messages': empty array. Expected an array with minimum length 1.");
  }
  size_t i;
  json_t *message;
  json_array_foreach(messages, i, message) {
    char where[48];
    (void)snprintf(where, sizeof where, "messages[%zu]", i);
    if (!json_is_object(message)) {
      return plan_refuse(plan, 400, where, "invalid_type", "Invalid type for '%s': expected an object.",
        where);
    }
    (void)snprintf(where, sizeof where, "messages[%zu].role", i);
    if (!json_is_string(json_object_get(message, "role"))) return plan_refuse_missing(plan, where);
  }
  return true;
}

void plan_chat(const mock_t *m, plan_t *plan, json_t *request, llmp_str_t tail) {
  (void)tail;
  if (!plan_generate(m, plan, request, ANSWER_CHAT)) return;
  if (!check_messages(plan, json_object_get(request, "messages"))) return;
  if (!plan->stream) write_whole(&plan->body, &plan->answer);
}

void plan_completion(const mock_t *m, plan_t *plan, json_t *request, llmp_str_t tail) {
  (void)tail;
  if (!plan_generate(m, plan, request, ANSWER_COMPLETION)) return;
  json_t *prompt = json_object_get(request, "prompt");
  if (prompt != NULL && !json_is_null(prompt) && !json_is_string(prompt) && !json_is_array(prompt)) {
    (void)plan_refuse(plan, 400, "prompt", "invalid_type",
      "Invalid type for 'prompt': expected a string or an array.");
    return;
  }
  if (!plan->stream) write_whole(&plan->body, &plan->answer);
}
