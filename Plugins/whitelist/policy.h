/* policy - what a policy says about requests: methods, endpoints, origins, models, parameters. */
#ifndef WHITELIST_POLICY_H
#define WHITELIST_POLICY_H

#include "glob.h"
#include "llmp_policy.h"

#define WHITELIST_POLICY_HEAD (LLMP_POLICY_METHODS | LLMP_POLICY_ENDPOINTS | LLMP_POLICY_ORIGINS)
#define WHITELIST_POLICY_BODY (LLMP_POLICY_MODELS | LLMP_POLICY_PARAMETERS)
#define WHITELIST_POLICY (WHITELIST_POLICY_HEAD | WHITELIST_POLICY_BODY)

typedef struct policy_globs {
  glob_t *globs;           /* none = anything */
  size_t n;
} policy_globs_t;

typedef struct policy_texts {
  llmp_str_t *texts;       /* none = anything */
  size_t n;
} policy_texts_t;

typedef struct policy_parameter {
  llmp_str_t name;
  llmp_str_t pointer;      /* RFC 6901 */
  policy_globs_t allow;
  bool has_min, has_max, strip;
  double min, max;
  llmp_str_t force;        /* raw JSON; empty = nothing is forced */
} policy_parameter_t;

typedef struct policy {
  llmp_compiled_t head;
  char *text;              /* owns what is raw below */
  char *names;             /* owns names and pointers */
  policy_texts_t methods, endpoints, origins;
  policy_globs_t models;
  policy_parameter_t *parameters;
  size_t n_parameters;
  bool edits;              /* some parameter is forced or stripped */
} policy_t;

llmp_compiled_t *policy_compile(const llmp_policy_t *source, llmp_err_t *e);
void policy_release(llmp_compiled_t *compiled);

bool policy_allows_text(const policy_texts_t *list, llmp_str_t text);
/* A path and all below it; a star at the end stands for any continuation. Dot segments never match. */
bool policy_allows_path(const policy_t *policy, llmp_str_t path);
bool policy_allows_value(const policy_globs_t *list, llmp_str_t text);
/* A raw JSON value against allow, min and max. Null is as good as absent for a bound. */
bool policy_allows_parameter(const policy_parameter_t *parameter, llmp_str_t raw);

#endif /* WHITELIST_POLICY_H */
