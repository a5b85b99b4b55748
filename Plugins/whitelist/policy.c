/* Compiling policies. The host has checked the text: what does not fit is a failure, not a refusal. */
#include "policy.h"

#include "llmp_buf.h"
#include "llmp_json.h"
#include "rules.h"
#include "text.h"

#define NUMBER_MAX 64

/* ------------------------------------------------------------------ lists -------------------- */

static size_t count_elements(llmp_str_t raw) {
  llmp_json_iter_t it;
  llmp_str_t key, value;
  size_t n = 0;
  if (llmp_json_open(&it, raw)) while (llmp_json_next(&it, &key, &value)) n++;
  return n;
}

/* Texts of methods, paths and origins hold nothing that JSON escapes but perhaps a quote. */
static bool read_texts(llmp_str_t object, const char *name, policy_texts_t *list) {
  llmp_str_t raw, key, value;
  llmp_json_iter_t it;
  if (!llmp_json_member(object, llmp_slice(name, strlen(name)), &raw)) return true;
  list->texts = calloc(count_elements(raw) + 1, sizeof *list->texts);
  if (list->texts == NULL || !llmp_json_open(&it, raw)) return false;
  while (llmp_json_next(&it, &key, &value)) {
    if (value.len < 2 || value.ptr[0] != '"') return false;
    list->texts[list->n++] = llmp_slice(value.ptr + 1, value.len - 2);
  }
  return true;
}

static bool read_globs(llmp_str_t object, const char *name, policy_globs_t *list) {
  llmp_str_t raw, key, value;
  llmp_json_iter_t it;
  if (!llmp_json_member(object, llmp_slice(name, strlen(name)), &raw)) return true;
  list->globs = calloc(count_elements(raw) + 1, sizeof *list->globs);
  if (list->globs == NULL || !llmp_json_open(&it, raw)) return false;
  while (llmp_json_next(&it, &key, &value)) {
    llmp_buf_t scratch = {0};
    llmp_str_t text = {NULL, 0};
    bool good = text_of_json(value, &scratch, &text) &&
                glob_compile(&list->globs[list->n++], text) == LLMP_OK;
    llmp_buf_free(&scratch);
    if (!good) return false;
  }
  return true;
}

/* ------------------------------------------------------------------ parameters --------------- */

static bool read_number(llmp_str_t raw, double *number) {
  char copy[NUMBER_MAX], *end = NULL;
  if (raw.len == 0 || raw.len >= sizeof copy) return false;
  if (raw.ptr[0] != '-' && (raw.ptr[0] < '0' || raw.ptr[0] > '9')) return false;
  memcpy(copy, raw.ptr, raw.len);
  copy[raw.len] = 0;
  *number = strtod(copy, &end);
  return *end == 0;
}

static bool read_bound(llmp_str_t object, const char *name, bool *given, double *number) {
  llmp_str_t raw;
  *given = llmp_json_member(object, llmp_slice(name, strlen(name)), &raw);
  return !*given || read_number(raw, number);
}

/* Names go one behind the other into `names`; slices follow when it does not move any more. */
static bool add_name(llmp_buf_t *names, llmp_str_t key, policy_parameter_t *parameter) {
  size_t start = names->len;
  text_add_string(names, key);
  parameter->name = llmp_slice(NULL, names->len - start);
  size_t pointer = names->len;
  llmp_buf_char(names, '/');
  for (size_t i = start; i < pointer && !names->failed; i++) {
    char c = names->ptr[i];
    if (c == '~') {
      LLMP_BUF_LIT(names, "~0");
    } else if (c == '/') {
      LLMP_BUF_LIT(names, "~1");
    } else {
      llmp_buf_char(names, c);
    }
  }
  parameter->pointer = llmp_slice(NULL, names->len - pointer);
  return !names->failed;
}

static bool read_parameter(policy_t *policy, llmp_buf_t *names, llmp_str_t key, llmp_str_t rule) {
  policy_parameter_t *parameter = &policy->parameters[policy->n_parameters++];
  llmp_str_t raw = {NULL, 0}; /* also written when there is no such member */
  if (llmp_json_member(rule, LLMP_S("strip"), &raw)) parameter->strip = llmp_eq(raw, LLMP_S("true"));
  if (llmp_json_member(rule, LLMP_S("force"), &raw)) parameter->force = raw;
  policy->edits = policy->edits || parameter->strip || parameter->force.len > 0;
  return read_globs(rule, "allow", &parameter->allow) &&
         read_bound(rule, "min", &parameter->has_min, &parameter->min) &&
         read_bound(rule, "max", &parameter->has_max, &parameter->max) && add_name(names, key, parameter);
}

static bool read_parameters(policy_t *policy, llmp_str_t object) {
  llmp_str_t raw, key, value;
  llmp_json_iter_t it;
  llmp_buf_t names = {0};
  if (!llmp_json_member(object, LLMP_S("parameters"), &raw)) return true;
  policy->parameters = calloc(count_elements(raw) + 1, sizeof *policy->parameters);
  bool good = policy->parameters != NULL && llmp_json_open(&it, raw);
  while (good && llmp_json_next(&it, &key, &value)) good = read_parameter(policy, &names, key, value);
  policy->names = names.ptr;
  const char *at = names.ptr;
  for (size_t i = 0; i < policy->n_parameters && good; i++) {
    policy_parameter_t *parameter = &policy->parameters[i];
    parameter->name.ptr = at;
    parameter->pointer.ptr = at + parameter->name.len;
    at += parameter->name.len + parameter->pointer.len;
  }
  return good;
}

/* ------------------------------------------------------------------ policies ----------------- */

static void free_globs(policy_globs_t *list) {
  for (size_t i = 0; i < list->n; i++) glob_free(&list->globs[i]);
  free(list->globs);
}

void policy_release(llmp_compiled_t *compiled) {
  policy_t *policy = (policy_t *)compiled;
  for (size_t i = 0; i < policy->n_parameters; i++) free_globs(&policy->parameters[i].allow);
  free(policy->parameters);
  free_globs(&policy->models);
  free(policy->methods.texts);
  free(policy->endpoints.texts);
  free(policy->origins.texts);
  free(policy->names);
  free(policy->text);
  free(policy);
}

/* Whether everything was found that the host says is there: what is missed would let pass. */
static bool is_complete(const policy_t *policy, uint32_t members) {
  return ((members & LLMP_POLICY_MODELS) == 0 || policy->models.n > 0) &&
         ((members & LLMP_POLICY_ENDPOINTS) == 0 || policy->endpoints.n > 0) &&
         ((members & LLMP_POLICY_METHODS) == 0 || policy->methods.n > 0) &&
         ((members & LLMP_POLICY_ORIGINS) == 0 || policy->origins.n > 0) &&
         ((members & LLMP_POLICY_PARAMETERS) == 0 || policy->n_parameters > 0);
}

llmp_compiled_t *policy_compile(const llmp_policy_t *source, llmp_err_t *e) {
  policy_t *policy = calloc(1, sizeof *policy);
  char *text = malloc(source->json.len + 1);
  if (policy == NULL || text == NULL) {
    free(policy);
    free(text);
    (void)llmp_fail(e, LLMP_E_NO_MEMORY, "out of memory");
    return NULL;
  }
  memcpy(text, source->json.ptr, source->json.len);
  policy->text = text;
  llmp_str_t object = llmp_slice(text, source->json.len);
  if (!read_texts(object, "methods", &policy->methods) ||
      !read_texts(object, "endpoints", &policy->endpoints) ||
      !read_texts(object, "origins", &policy->origins) || !read_globs(object, "models", &policy->models) ||
      !read_parameters(policy, object) || !is_complete(policy, source->members)) {
    policy_release(&policy->head);
    (void)llmp_fail(e, LLMP_E_INVALID, "policy %llu cannot be compiled", (unsigned long long)source->number);
    return NULL;
  }
  return &policy->head;
}

/* ------------------------------------------------------------------ judging ------------------ */

bool policy_allows_text(const policy_texts_t *list, llmp_str_t text) {
  for (size_t i = 0; i < list->n; i++) {
    if (llmp_eq(list->texts[i], text)) return true;
  }
  return list->n == 0;
}

static bool matches_path(llmp_str_t entry, llmp_str_t path) {
  bool is_open = entry.len > 0 && entry.ptr[entry.len - 1] == '*';
  if (is_open) entry.len--;
  if (!llmp_starts(path, entry)) return false;
  return is_open || path.len == entry.len || path.ptr[entry.len] == '/' || entry.ptr[entry.len - 1] == '/';
}

bool policy_allows_path(const policy_t *policy, llmp_str_t path) {
  for (size_t i = 0; i < policy->endpoints.n; i++) {
    if (matches_path(policy->endpoints.texts[i], path)) return !path_has_dot_segment(path);
  }
  return policy->endpoints.n == 0;
}

bool policy_allows_value(const policy_globs_t *list, llmp_str_t text) {
  for (size_t i = 0; i < list->n; i++) {
    if (glob_match(&list->globs[i], text)) return true;
  }
  return list->n == 0;
}

bool policy_allows_parameter(const policy_parameter_t *parameter, llmp_str_t raw) {
  if (parameter->allow.n > 0) {
    llmp_buf_t scratch = {0};
    llmp_str_t text = {NULL, 0};
    bool allowed = text_of_json(raw, &scratch, &text) && policy_allows_value(&parameter->allow, text);
    llmp_buf_free(&scratch);
    if (!allowed) return false;
  }
  double number;
  if ((!parameter->has_min && !parameter->has_max) || llmp_eq(raw, LLMP_S("null"))) return true;
  return read_number(raw, &number) && (!parameter->has_min || number >= parameter->min) &&
         (!parameter->has_max || number <= parameter->max);
}
