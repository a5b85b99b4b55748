/* llmp_config.h - reading settings with jansson. Header only; needs -ljansson. */
#ifndef LLMP_CONFIG_H
#define LLMP_CONFIG_H

#include <jansson.h>

#include "llmp_c.h"

/* The settings as an object the caller must json_decref; empty text is an empty object. NULL on
 * failure, with the reason in e. `what` names the text in that reason. */
static inline json_t *llmp_config_load(llmp_str_t text, const char *what, llmp_err_t *e) {
  json_error_t error;
  if (text.len == 0) return json_object();
  json_t *root = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);
  if (root == NULL) {
    (void)llmp_fail(e, LLMP_E_INVALID, "%s: not JSON: %s", what, error.text);
  } else if (!json_is_object(root)) {
    (void)llmp_fail(e, LLMP_E_INVALID, "%s: must be an object", what);
    json_decref(root);
    root = NULL;
  }
  return root;
}

/* True when every key of `config` is one of the n `keys`; e names the first that is not. */
static inline bool llmp_config_known(json_t *config, const char *const *keys, size_t n, llmp_err_t *e) {
  const char *key;
  json_t *value;
  json_object_foreach(config, key, value) {
    size_t i = 0;
    while (i < n && strcmp(key, keys[i]) != 0) i++;
    if (i == n) {
      (void)llmp_fail(e, LLMP_E_INVALID, "unknown setting '%.64s'", key);
      return false;
    }
  }
  return true;
}

/* Reads an optional boolean; *out keeps its value when the key is absent. */
static inline bool llmp_config_bool(json_t *config, const char *key, bool *out, llmp_err_t *e) {
  json_t *value = json_object_get(config, key);
  if (value == NULL) return true;
  if (!json_is_boolean(value)) {
    (void)llmp_fail(e, LLMP_E_INVALID, "%s: must be true or false", key);
    return false;
  }
  *out = json_is_true(value);
  return true;
}

/* Reads an optional integer within [low, high]; *out keeps its value when the key is absent. */
static inline bool llmp_config_int(json_t *config, const char *key, int64_t low, int64_t high,
                                   int64_t *out, llmp_err_t *e) {
  json_t *value = json_object_get(config, key);
  if (value == NULL) return true;
  if (!json_is_integer(value) || json_integer_value(value) < low || json_integer_value(value) > high) {
    (void)llmp_fail(e, LLMP_E_INVALID, "%s: must be an integer from %lld to %lld", key,
                    (long long)low, (long long)high);
    return false;
  }
  *out = json_integer_value(value);
  return true;
}

/* Reads an optional string; *out borrows from `config` and is NULL when the key is absent. */
static inline bool llmp_config_text(json_t *config, const char *key, const char **out, llmp_err_t *e) {
  json_t *value = json_object_get(config, key);
  *out = NULL;
  if (value == NULL) return true;
  if (!json_is_string(value)) {
    (void)llmp_fail(e, LLMP_E_INVALID, "%s: must be text", key);
    return false;
  }
  *out = json_string_value(value);
  return true;
}

#endif /* LLMP_CONFIG_H */
