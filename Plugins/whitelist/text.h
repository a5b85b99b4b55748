/* text - a JSON value as the text that patterns are matched against: what Go's fmt prints with %v
 * for the value that encoding/json makes of it. */
#ifndef WHITELIST_TEXT_H
#define WHITELIST_TEXT_H

#include "llmp_buf.h"

/* Texts longer than this are not matched at all (they are refused). */
#define TEXT_MAX 65536

/* The text of `raw`, one valid JSON value. Borrows from raw where it can, else from `scratch`, which
 * the caller frees. False: too long, too deep, or out of memory. */
bool text_of_json(llmp_str_t raw, llmp_buf_t *scratch, llmp_str_t *text);

/* A number: "1", "0.7", "1e+06". */
void text_add_number(llmp_buf_t *out, llmp_str_t raw);

/* The inside of a string literal, unescaped; what is not UTF-8 becomes U+FFFD, as in Go. */
void text_add_string(llmp_buf_t *out, llmp_str_t inside);

/* s for a message to a client: control and invalid characters become '?', at most `max` bytes. */
void text_add_clean(llmp_buf_t *out, llmp_str_t s, size_t max);

#endif /* WHITELIST_TEXT_H */
