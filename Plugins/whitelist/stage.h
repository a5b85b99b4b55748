/* whitelist stage - shared declarations of the parts of the stage. */
#ifndef WHITELIST_STAGE_H
#define WHITELIST_STAGE_H

#include "rules.h"

typedef struct whitelist {
  const llmp_host_t *host;
  const llmp_apis_api_t *apis;
  const llmp_json_api_t *json;
  rules_t *rules;          /* one for each API, in the host's order */
  size_t n_rules;
} whitelist_t;

/* The rules of the API this request is routed to, or NULL. */
const rules_t *whitelist_rules(const whitelist_t *w, llmp_req_t *r);

/* Whether the body of this request could hold parameters to check. */
bool whitelist_may_hold_parameters(const whitelist_t *w, llmp_req_t *r);

/* Checks the body that is held now; CONTINUE, RESPOND or ERROR. */
llmp_verdict_t whitelist_check_body(const whitelist_t *w, llmp_req_t *r, const rules_t *rules, llmp_err_t *e);

/* Refuses as `respond_error` of the host does; LLMP_ERROR when that fails. */
llmp_verdict_t whitelist_refuse(const whitelist_t *w, llmp_req_t *r, uint32_t http_status, llmp_str_t code,
                                llmp_str_t message, llmp_err_t *e);

#endif /* WHITELIST_STAGE_H */
