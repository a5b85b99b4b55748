/* rules - the allow-lists of one API, compiled when the stage is created. */
#ifndef WHITELIST_RULES_H
#define WHITELIST_RULES_H

#include <jansson.h>

#include "glob.h"

typedef struct parameter {
  llmp_str_t name;
  glob_t *globs;
  size_t n_globs;
  json_t *patterns;        /* borrowed: their texts, for messages */
} parameter_t;

typedef struct rules {
  json_t *settings;        /* owns the texts below */
  llmp_str_t *methods;     /* none = all */
  size_t n_methods;
  llmp_str_t *endpoints;   /* path prefixes; none = all */
  size_t n_endpoints;
  parameter_t *parameters; /* in the order of the configuration */
  size_t n_parameters;
} rules_t;

/* Compiles the settings of the API `name`. On failure e says why; rules_free either way.
 * `malformed` is called for every pattern that can never match. */
typedef void (*rules_malformed_fn)(void *ud, llmp_str_t api, llmp_str_t parameter, const char *pattern);
llmp_status_t rules_compile(rules_t *rules, llmp_str_t name, llmp_str_t settings_json,
                            rules_malformed_fn malformed, void *ud, llmp_err_t *e);
void rules_free(rules_t *rules);

bool rules_allow_method(const rules_t *rules, llmp_str_t method);
/* A prefix rule, and no path that means another one after dot segments are resolved. */
bool rules_allow_path(const rules_t *rules, llmp_str_t path);
bool path_has_dot_segment(llmp_str_t path);
bool parameter_allows(const parameter_t *parameter, llmp_str_t text);

#endif /* WHITELIST_RULES_H */
