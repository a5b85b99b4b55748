/* Token usage as OpenAI's endpoints report it. Only the usage object itself is ever parsed. */
#define _GNU_SOURCE 1
#include <jansson.h>

#include "adapter.h"
#include "llmp_json.h"

#define USAGE_MAX 65536   /* bytes of a usage object we are willing to parse */

/* ------------------------------------------------------------------ numbers ------------------ */

/* The first of two spellings that holds a count; -1 when neither does. */
static int64_t count_of(json_t *object, const char *name, const char *other) {
  json_t *value = json_object_get(object, name);
  if (value == NULL && other != NULL) value = json_object_get(object, other);
  if (json_is_integer(value)) return json_integer_value(value) < 0 ? -1 : json_integer_value(value);
  if (json_is_real(value)) {
    double real = json_real_value(value); /* some servers print 12.0 */
    return real >= 0 && real < 9e15 ? (int64_t)real : -1;
  }
  return -1;
}

static json_t *first_object(json_t *root, const char *const *names, size_t n) {
  for (size_t i = 0; i < n; i++) {
    json_t *value = json_object_get(root, names[i]);
    if (json_is_object(value)) return value;
  }
  return NULL;
}

bool openai_read_usage(llmp_str_t raw, llmp_usage_t *u) {
  static const char *const of_input[] = {"prompt_tokens_details", "input_tokens_details",
    "input_token_details"};
  static const char *const of_output[] = {"completion_tokens_details", "output_tokens_details",
                                          "output_token_details"};
  if (raw.len == 0 || raw.len > USAGE_MAX) return false;
  json_t *root = json_loadb(raw.ptr, raw.len, 0, NULL);
  if (!json_is_object(root)) {
    json_decref(root);
    return false;
  }
  json_t *input = first_object(root, of_input, sizeof of_input / sizeof *of_input);
  json_t *output = first_object(root, of_output, sizeof of_output / sizeof *of_output);
  int64_t in = count_of(root, "prompt_tokens", "input_tokens");
  int64_t out = count_of(root, "completion_tokens", "output_tokens");
  int64_t total = count_of(root, "total_tokens", NULL);
  bool known = in >= 0 || out >= 0 || total >= 0;
  if (known) {
    u->input_tokens = in;
    u->output_tokens = out;
    u->total_tokens = total < 0 && in >= 0 && out >= 0 && in <= INT64_MAX - out ? in + out : total;
    u->cached_input_tokens = count_of(input, "cached_tokens", NULL);
    u->cache_write_tokens = count_of(input, "cache_write_tokens", NULL);
    u->reasoning_tokens = count_of(output, "reasoning_tokens", NULL);
    u->audio_input_tokens = count_of(input, "audio_tokens", NULL);
    u->audio_output_tokens = count_of(output, "audio_tokens", NULL);
    u->flags |= LLMP_USAGE_FINAL;
  }
  json_decref(root);
  return known;
}

/* ------------------------------------------------------------------ events ------------------- */

/* With include_usage every chunk but the last says "usage":null, and a text may speak of usage: an
 * object must follow the key before anything more is read. */
static bool may_report(llmp_str_t data) {
  static const char key[] = "\"usage\"";
  const char *p = data.ptr, *end = p + data.len;
  while (p < end && (p = memmem(p, (size_t)(end - p), key, sizeof key - 1)) != NULL) {
    p = llmp_json_space(p + sizeof key - 1, end);
    if (p < end && *p == ':') {
      p = llmp_json_space(p + 1, end);
      if (p < end && *p == '{') return true;
    }
  }
  return false;
}

/* `usage` and `model` among the members of one object. */
static bool report_in(llmp_str_t object, openai_report_t *report) {
  llmp_json_iter_t it;
  llmp_str_t key = {NULL, 0}, value;
  if (!llmp_json_open(&it, object) || it.close != '}') return false;
  while (llmp_json_next(&it, &key, &value)) {
    if (llmp_eq(key, LLMP_S("usage")) && value.ptr[0] == '{') report->usage = value;
    if (llmp_eq(key, LLMP_S("model")) && value.ptr[0] == '"') report->model = value;
  }
  return report->usage.len > 0;
}

bool openai_report_of_event(llmp_str_t data, openai_report_t *report) {
  *report = (openai_report_t){{NULL, 0}, {NULL, 0}};
  if (data.len == 0 || !may_report(data)) return false;
  if (report_in(data, report)) return true;
  llmp_str_t response; /* response.completed and its kin carry the whole response */
  return llmp_json_member(data, LLMP_S("response"), &response) && report_in(response, report);
}

void openai_publish_model(const openai_t *o, llmp_req_t *r, llmp_str_t raw) {
  if (raw.len < 3 || raw.ptr[0] != '"' || memchr(raw.ptr, '\\', raw.len) != NULL) return;
  (void)o->host->req->meta_set_str(r, LLMP_META_MODEL_RESOLVED, llmp_slice(raw.ptr + 1, raw.len - 2));
}
