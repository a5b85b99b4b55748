/* forward stage - shared declarations of the parts of the stage. */
#ifndef FORWARD_STAGE_H
#define FORWARD_STAGE_H

#include "llmp_c.h"

typedef enum forwarded_for { FORWARDED_REPLACE, FORWARDED_APPEND, FORWARDED_REMOVE } forwarded_for_t;

typedef struct forward {
  const llmp_host_t *host;
  const llmp_apis_api_t *apis;
  forwarded_for_t forwarded_for;
  bool identify;          /* x-proxy, x-proxy-version, x-proxy-id */
  bool timing_headers;
} forward_t;

/* Settings JSON into f; with f->host untouched. */
llmp_status_t forward_configure(forward_t *f, llmp_str_t config_json, llmp_err_t *e);

/* Header edits on the way to the provider and on the way back. LLMP_OK, or what the host said. */
llmp_status_t forward_edit_request(const forward_t *f, llmp_req_t *r, uint64_t start_unix_ns);
llmp_status_t forward_edit_response(const forward_t *f, llmp_req_t *r, uint64_t start_unix_ns);

/* Takes the cookies of ours out of the `cookie` header of the upstream request. */
llmp_status_t forward_strip_cookies(const llmp_request_api_t *req, llmp_req_t *r);

/* Wall clock in nanoseconds; the host's clock has milliseconds only. */
uint64_t forward_unix_ns(void);

/* RFC 3339 in UTC, trailing zeros of the fraction trimmed as Go's RFC3339Nano does. Writes at most
 * FORWARD_TIME_MAX bytes and returns how many. */
#define FORWARD_TIME_MAX 30
size_t forward_format_time(char *out, uint64_t unix_ns);

/* `server-timing` (durations in milliseconds with three decimals), at most FORWARD_TIMING_MAX. */
#define FORWARD_TIMING_MAX 128
size_t forward_format_timing(char *out, const llmp_exchange_t *x);

#endif /* FORWARD_STAGE_H */
