#include "rules.h"

#include <stdlib.h>

#include "llmp_config.h"
#include "text.h"

/* ------------------------------------------------------------------ compiling ---------------- */

typedef struct compiler {
  rules_t *rules;
  llmp_str_t api;
  rules_malformed_fn malformed;
  void *ud;
  llmp_err_t *e;
} compiler_t;

static llmp_status_t no_memory(llmp_err_t *e) {
  return llmp_fail(e, LLMP_E_NO_MEMORY, "out of memory");
}

static llmp_str_t text_of(json_t *string) {
  return llmp_slice(json_string_value(string), json_string_length(string));
}

/* A list of texts such as allowed_methods; absent is empty. */
static llmp_status_t read_list(compiler_t *c, const char *key, llmp_str_t **list, size_t *n) {
  json_t *array = json_object_get(c->rules->settings, key);
  if (array == NULL || json_is_null(array)) return LLMP_OK;
  if (!json_is_array(array)) {
    return llmp_fail(c->e, LLMP_E_INVALID, "api '%.*s': %s: must be a list", (int)c->api.len,
                     c->api.ptr, key);
  }
  *list = calloc(json_array_size(array) + 1, sizeof **list);
  if (*list == NULL) return no_memory(c->e);
  size_t i;
  json_t *element;
  json_array_foreach(array, i, element) {
    if (!json_is_string(element) || json_string_length(element) == 0) {
      return llmp_fail(c->e, LLMP_E_INVALID, "api '%.*s': %s[%zu]: must be text", (int)c->api.len,
                       c->api.ptr, key, i);
    }
    (*list)[(*n)++] = text_of(element);
  }
  return LLMP_OK;
}

/* YAML reads `n: [1, 2]` as numbers: patterns are texts, so they become what a value would. */
static json_t *pattern_text(json_t *element) {
  if (json_is_string(element)) return json_incref(element);
  if (!json_is_number(element) && !json_is_boolean(element)) return NULL;
  char *raw = json_dumps(element, JSON_ENCODE_ANY);
  if (raw == NULL) return NULL;
  llmp_buf_t scratch = {0};
  llmp_str_t text;
  json_t *string = text_of_json(llmp_slice(raw, strlen(raw)), &scratch, &text)
    ? json_stringn(text.ptr, text.len) : NULL;
  llmp_buf_free(&scratch);
  free(raw);
  return string;
}

static llmp_status_t add_pattern(compiler_t *c, parameter_t *parameter, json_t *array, size_t i) {
  json_t *text = pattern_text(json_array_get(array, i));
  if (text == NULL) {
    return llmp_fail(c->e, LLMP_E_INVALID, "api '%.*s': param_whitelist.%.*s[%zu]: must be a pattern",
                     (int)c->api.len, c->api.ptr, (int)parameter->name.len, parameter->name.ptr, i);
  }
  glob_t *glob = &parameter->globs[parameter->n_globs++];
  llmp_status_t status = glob_compile(glob, text_of(text));
  if (status == LLMP_E_LIMIT) {
    (void)llmp_fail(c->e, status, "api '%.*s': param_whitelist.%.*s[%zu]: longer than %d bytes",
                    (int)c->api.len, c->api.ptr, (int)parameter->name.len, parameter->name.ptr, i,
                    GLOB_PATTERN_MAX);
  } else if (status != LLMP_OK || json_array_set(array, i, text) != 0) {
    status = no_memory(c->e);
  } else if (!glob->well_formed && c->malformed != NULL) {
    c->malformed(c->ud, c->api, parameter->name, json_string_value(text));
  }
  json_decref(text);
  return status;
}

static llmp_status_t read_parameter(compiler_t *c, const char *name, size_t name_len, json_t *array) {
  parameter_t *parameter = &c->rules->parameters[c->rules->n_parameters++];
  parameter->name = llmp_slice(name, name_len);
  parameter->patterns = array;
  if (!json_is_array(array)) {
    return llmp_fail(c->e, LLMP_E_INVALID, "api '%.*s': param_whitelist.%s: must be a list of patterns",
                     (int)c->api.len, c->api.ptr, name);
  }
  size_t n = json_array_size(array);
  parameter->globs = calloc(n + 1, sizeof *parameter->globs);
  if (parameter->globs == NULL) return no_memory(c->e);
  for (size_t i = 0; i < n; i++) {
    llmp_status_t status = add_pattern(c, parameter, array, i);
    if (status != LLMP_OK) return status;
  }
  return LLMP_OK;
}

static llmp_status_t read_parameters(compiler_t *c) {
  json_t *map = json_object_get(c->rules->settings, "param_whitelist");
  if (map == NULL || json_is_null(map)) return LLMP_OK;
  if (!json_is_object(map)) {
    return llmp_fail(c->e, LLMP_E_INVALID, "api '%.*s': param_whitelist: must map parameters to patterns",
                     (int)c->api.len, c->api.ptr);
  }
  c->rules->parameters = calloc(json_object_size(map) + 1, sizeof *c->rules->parameters);
  if (c->rules->parameters == NULL) return no_memory(c->e);
  const char *name;
  json_t *array;
  json_object_foreach(map, name, array) {
    llmp_status_t status = read_parameter(c, name, strlen(name), array);
    if (status != LLMP_OK) return status;
  }
  return LLMP_OK;
}

llmp_status_t rules_compile(rules_t *rules, llmp_str_t name, llmp_str_t settings_json,
                            rules_malformed_fn malformed, void *ud, llmp_err_t *e) {
  compiler_t c = {rules, name, malformed, ud, e};
  memset(rules, 0, sizeof *rules);
  rules->settings = llmp_config_load(settings_json, "settings of the api", e);
  if (rules->settings == NULL) return LLMP_E_INVALID;
  llmp_status_t status = read_list(&c, "allowed_methods", &rules->methods, &rules->n_methods);
  if (status == LLMP_OK) {
    status = read_list(&c, "allowed_endpoints", &rules->endpoints, &rules->n_endpoints);
  }
  return status == LLMP_OK ? read_parameters(&c) : status;
}

void rules_free(rules_t *rules) {
  for (size_t i = 0; i < rules->n_parameters; i++) {
    for (size_t k = 0; k < rules->parameters[i].n_globs; k++) glob_free(&rules->parameters[i].globs[k]);
    free(rules->parameters[i].globs);
  }
  free(rules->parameters);
  free(rules->methods);
  free(rules->endpoints);
  json_decref(rules->settings);
  memset(rules, 0, sizeof *rules);
}

/* ------------------------------------------------------------------ judging ------------------ */

bool rules_allow_method(const rules_t *rules, llmp_str_t method) {
  for (size_t i = 0; i < rules->n_methods; i++) {
    if (llmp_ieq(rules->methods[i], method)) return true;
  }
  return rules->n_methods == 0;
}

/* Reads one character of a path, with "%2e" as '.', "%2f" and "%5c" as separators like '\'. */
static char path_character(llmp_str_t path, size_t *i) {
  char c = path.ptr[*i];
  if (c == '%' && path.len - *i >= 3) {
    char high = path.ptr[*i + 1], low = llmp_lower(path.ptr[*i + 2]);
    bool separates = (high == '2' && low == 'f') || (high == '5' && low == 'c');
    char plain = separates ? '/' : high == '2' && low == 'e' ? '.' : 0;
    if (plain != 0) {
      *i += 3;
      return plain;
    }
  }
  *i += 1;
  return c == '\\' ? '/' : c;
}

/* Whether a segment is "." or "..", however it is spelt: "/v1/models/../files" has the prefix
 * /v1/models and is not below it. */
bool path_has_dot_segment(llmp_str_t path) {
  size_t dots = 0, others = 0;
  if (memchr(path.ptr, '.', path.len) == NULL && memchr(path.ptr, '%', path.len) == NULL) return false;
  for (size_t i = 0; i < path.len;) {
    char c = path_character(path, &i);
    if (c == '.') {
      dots++;
    } else if (c != '/') {
      others++;
    } else {
      if (others == 0 && (dots == 1 || dots == 2)) return true;
      dots = others = 0;
    }
  }
  return others == 0 && (dots == 1 || dots == 2);
}

bool rules_allow_path(const rules_t *rules, llmp_str_t path) {
  if (rules->n_endpoints == 0) return true;
  for (size_t i = 0; i < rules->n_endpoints; i++) {
    if (llmp_starts(path, rules->endpoints[i])) return !path_has_dot_segment(path);
  }
  return false;
}

bool parameter_allows(const parameter_t *parameter, llmp_str_t text) {
  for (size_t i = 0; i < parameter->n_globs; i++) {
    if (glob_match(&parameter->globs[i], text)) return true;
  }
  return false;
}
