/* models - where a request names the model it wants. */
#ifndef WHITELIST_MODELS_H
#define WHITELIST_MODELS_H

#include "llmp_c.h"

/* Whether requests of this path cannot do without a model: one that names none is not let pass. */
bool models_path_needs_one(llmp_str_t path);

/* Whether those of this path have a JSON body and no other: many providers read it whatever its type says. */
bool models_path_takes_json(llmp_str_t path);

/* The nth value of `model` in a query, still percent-encoded. */
bool models_in_query(llmp_str_t query, size_t nth, llmp_str_t *value);

typedef enum models_part { MODELS_NO_PART, MODELS_PART, MODELS_UNCLEAR } models_part_t;

/* The next part named `model` of a multipart body from *at on; *at moves behind it. Reads part headers
 * wherever they stand, without trust in a boundary, and calls unclear what two parsers could read
 * differently. */
models_part_t models_next_part(llmp_str_t body, size_t *at, llmp_str_t *value);

#endif /* WHITELIST_MODELS_H */
