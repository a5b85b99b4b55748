/* Token usage as OpenAI's endpoints report it. Only the usage object itself is ever read, and no tree is built
 * of it: this runs once for each answer. */
#define _GNU_SOURCE 1
#include <stdlib.h>

#include "adapter.h"
#include "llmp_json.h"

#define USAGE_MAX 65536   /* bytes of a usage object we are willing to read */

/* ------------------------------------------------------------------ numbers ------------------ */

/* A number that is not written as plain digits: some servers print 12.0 */
static int64_t read_real(llmp_str_t raw) {
  char text[32], *end = NULL;
  if (raw.len >= sizeof text || raw.ptr[0] < '0' || raw.ptr[0] > '9') return -1;
  for (size_t i = 0; i < raw.len; i++) {
    if (strchr("0123456789.eE+-", raw.ptr[i]) == NULL) return -1;
  }
  memcpy(text, raw.ptr, raw.len);
  text[raw.len] = 0;
  double real = strtod(text, &end);
  return *end == 0 && real >= 0 && real < 9e15 ? (int64_t)real : -1;
}

/* A count; -1 for what is none. */
static int64_t read_count(llmp_str_t raw) {
  int64_t value = 0;
  if (raw.len == 0) return -1;
  if (raw.len > 18) return read_real(raw);
  for (size_t i = 0; i < raw.len; i++) {
    if (raw.ptr[i] < '0' || raw.ptr[i] > '9') return read_real(raw);
    value = value * 10 + (raw.ptr[i] - '0');
  }
  return value;
}

/* ------------------------------------------------------------------ members ------------------ */

/* Finds the values of members by name; what is not there stays empty. False when `object` is none. */
static bool find_members(llmp_str_t object, const llmp_str_t *names, llmp_str_t *values, size_t n) {
  llmp_json_iter_t it;
  llmp_str_t key = {NULL, 0}, value;
  for (size_t i = 0; i < n; i++) values[i] = (llmp_str_t){NULL, 0};
  if (!llmp_json_open(&it, object) || it.close != '}') return false;
  while (llmp_json_next(&it, &key, &value)) {
    for (size_t i = 0; i < n; i++) {
      if (llmp_eq(key, names[i])) values[i] = value;
    }
  }
  const char *rest = llmp_json_space(it.p, it.end);
  return rest < it.end && *rest == '}';
}

/* The first of two spellings that is there. */
static int64_t either(llmp_str_t value, llmp_str_t other) {
  return read_count(value.len > 0 ? value : other);
}

enum { CACHED, WRITTEN, REASONING, AUDIO, DETAILS };

/* The counts of the first object among three spellings. */
static void read_details(const llmp_str_t *spellings, int64_t *counts) {
  static const llmp_str_t names[DETAILS] = {LLMP_LIT("cached_tokens"), LLMP_LIT("cache_write_tokens"),
    LLMP_LIT("reasoning_tokens"), LLMP_LIT("audio_tokens")};
  llmp_str_t values[DETAILS];
  for (size_t i = 0; i < DETAILS; i++) counts[i] = -1;
  for (size_t i = 0; i < 3; i++) {
    if (!find_members(spellings[i], names, values, DETAILS)) continue;
    for (size_t k = 0; k < DETAILS; k++) counts[k] = read_count(values[k]);
    return;
  }
}

enum { PROMPT, INPUT, COMPLETION, OUTPUT, TOTAL, OF_INPUT, OF_OUTPUT = OF_INPUT + 3, MEMBERS = OF_OUTPUT + 3 };

bool openai_read_usage(llmp_str_t raw, llmp_usage_t *u) {
  static const llmp_str_t names[MEMBERS] = {
    LLMP_LIT("prompt_tokens"), LLMP_LIT("input_tokens"), LLMP_LIT("completion_tokens"),
    LLMP_LIT("output_tokens"), LLMP_LIT("total_tokens"), LLMP_LIT("prompt_tokens_details"),
    LLMP_LIT("input_tokens_details"), LLMP_LIT("input_token_details"), LLMP_LIT("completion_tokens_details"),
    LLMP_LIT("output_tokens_details"), LLMP_LIT("output_token_details")};
  llmp_str_t values[MEMBERS];
  if (raw.len > USAGE_MAX || !find_members(raw, names, values, MEMBERS)) return false;
  int64_t in = either(values[PROMPT], values[INPUT]);
  int64_t out = either(values[COMPLETION], values[OUTPUT]);
  int64_t total = read_count(values[TOTAL]);
  if (in < 0 && out < 0 && total < 0) return false;
  int64_t input[DETAILS], output[DETAILS];
  read_details(values + OF_INPUT, input);
  read_details(values + OF_OUTPUT, output);
  u->input_tokens = in;
  u->output_tokens = out;
  u->total_tokens = total < 0 && in >= 0 && out >= 0 && in <= INT64_MAX - out ? in + out : total;
  u->cached_input_tokens = input[CACHED];
  u->cache_write_tokens = input[WRITTEN];
  u->reasoning_tokens = output[REASONING];
  u->audio_input_tokens = input[AUDIO];
  u->audio_output_tokens = output[AUDIO];
  u->flags |= LLMP_USAGE_FINAL;
  return true;
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
