/* openai adapter - shared declarations of its parts. */
#ifndef OPENAI_ADAPTER_H
#define OPENAI_ADAPTER_H

#include "llmp_c.h"

typedef struct openai {
  const llmp_host_t *host;
  const llmp_json_api_t *json;      /* NULL: usage of unary answers is not known */
  char *organization, *project;     /* NULL: the header is left alone */
} openai_t;

/* What an answer says of itself. */
typedef struct openai_report {
  llmp_str_t usage;   /* raw JSON object, or empty */
  llmp_str_t model;   /* raw JSON string, or empty */
} openai_report_t;

/* Looks for a report in one server-sent event of chat completions, completions or responses. Cheap when
 * there is none. The slices borrow from data. */
bool openai_report_of_event(llmp_str_t data, openai_report_t *report);

/* Fills u from a raw usage object of any OpenAI endpoint; false when it says nothing. */
bool openai_read_usage(llmp_str_t raw, llmp_usage_t *u);

/* Publishes the model that answered as llmp.model_resolved. */
void openai_publish_model(const openai_t *o, llmp_req_t *r, llmp_str_t raw);

/* The map_error hook, see llmp_provider_t. */
llmp_status_t openai_map_error(const openai_t *o, llmp_req_t *r, uint32_t http_status, llmp_str_t body,
                               llmp_upstream_error_t *out);

/* Seconds of a retry-after value, delta or HTTP date, as milliseconds from now; 0 when it says nothing. */
uint64_t openai_retry_after_ms(llmp_str_t value, int64_t now_unix_ms);

#endif /* OPENAI_ADAPTER_H */
