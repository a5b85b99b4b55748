/* whitelist stage - shared declarations of the parts of the stage. */
#ifndef WHITELIST_STAGE_H
#define WHITELIST_STAGE_H

#include "policy.h"
#include "rules.h"

typedef struct whitelist {
  const llmp_host_t *host;
  const llmp_apis_api_t *apis;
  const llmp_json_api_t *json;
  const llmp_store_api_t *store;
  llmp_policy_cache_t *policies;
  rules_t *rules;          /* one for each API, in the host's order */
  size_t n_rules;
} whitelist_t;

/* The rules of the API this request is routed to, or NULL. */
const rules_t *whitelist_rules(const whitelist_t *w, llmp_req_t *r);

/* Whether the body of this request could hold parameters to check. */
bool whitelist_may_hold_parameters(const whitelist_t *w, llmp_req_t *r);
/* ... or, as multipart/form-data does, at least name a model. */
bool whitelist_may_name_model(const whitelist_t *w, llmp_req_t *r);

/* Checks and edits the body that is held now by the rules and by the policies that have `members`; CONTINUE,
 * RESPOND or ERROR. */
llmp_verdict_t whitelist_check_body(const whitelist_t *w, llmp_req_t *r, const rules_t *rules, uint32_t members,
                                    llmp_err_t *e);

/* What policies have to know of a body. */
typedef struct policed_body {
  llmp_str_t bytes;
  bool is_json;            /* one JSON object */
  bool is_multipart;
  bool needs_model;        /* filled by policed_body */
} policed_body_t;

/* The policies that have `members` against the request's head. */
llmp_verdict_t policed_head(const whitelist_t *w, llmp_req_t *r, uint32_t members, llmp_err_t *e);
/* Forces and strips what they say; the body is one JSON object. */
llmp_verdict_t policed_edit(const whitelist_t *w, llmp_req_t *r, llmp_err_t *e);
/* Models and parameters, on the body as it will be sent. */
llmp_verdict_t policed_body(const whitelist_t *w, llmp_req_t *r, uint32_t members, policed_body_t *body,
                            llmp_err_t *e);

/* Whether the body gives a name that some parsers take for `name` although it is spelt otherwise. */
bool whitelist_lookalike(const whitelist_t *w, llmp_req_t *r, llmp_str_t name, llmp_str_t *found);
#define WHITELIST_LOOKALIKE "' is not allowed: spell it as the API does"

/* Refuses as `respond_error` of the host does; LLMP_ERROR when that fails. */
llmp_verdict_t whitelist_refuse(const whitelist_t *w, llmp_req_t *r, uint32_t http_status, llmp_str_t code,
                                llmp_str_t message, llmp_err_t *e);

#endif /* WHITELIST_STAGE_H */
