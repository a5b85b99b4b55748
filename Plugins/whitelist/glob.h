/* glob - patterns with the meaning of Go's path.Match, compiled once.
 *
 *   *      any run of bytes without '/'        ?      one character that is not '/'
 *   [a-z]  one character of a set              [^x]   one character that is not in the set
 *   \c     c itself                            else   itself; the whole text must match
 *
 * As in Go, a set may match '/', a star takes the leftmost place where the part after it matches
 * and never thinks again, and a pattern that is malformed matches nothing. */
#ifndef WHITELIST_GLOB_H
#define WHITELIST_GLOB_H

#include "llmp_c.h"

typedef struct glob_range { uint32_t low, high; } glob_range_t;

typedef enum glob_kind { GLOB_BYTE, GLOB_ANY, GLOB_SET } glob_kind_t;

typedef struct glob_step {
  uint8_t kind;            /* glob_kind_t */
  uint8_t byte;            /* GLOB_BYTE */
  uint8_t negated;         /* GLOB_SET */
  uint32_t first, count;   /* GLOB_SET: its ranges */
} glob_step_t;

/* What stands between two stars. */
typedef struct glob_part {
  bool star;               /* a star stands before it */
  uint32_t first, count;   /* its steps */
} glob_part_t;

typedef struct glob {
  bool well_formed;
  bool literal;            /* no star, no '?', no set: a plain comparison will do */
  uint32_t n_steps, n_ranges, n_parts;
  glob_step_t *steps;
  glob_range_t *ranges;
  glob_part_t *parts;
} glob_t;

/* LLMP_OK also for a malformed pattern (see well_formed); LLMP_E_NO_MEMORY, LLMP_E_LIMIT when the
 * pattern is longer than GLOB_PATTERN_MAX bytes. glob_free either way. */
#define GLOB_PATTERN_MAX 4096
llmp_status_t glob_compile(glob_t *g, llmp_str_t pattern);
void glob_free(glob_t *g);

/* [any] */
bool glob_match(const glob_t *g, llmp_str_t text);

#endif /* WHITELIST_GLOB_H */
