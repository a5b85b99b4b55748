#include "glob.h"

#include <stdlib.h>

#include "llmp_utf8.h"

/* ------------------------------------------------------------------ compiling ---------------- */

typedef struct reader { const char *p, *end; } reader_t;

/* One character of a set. Go demands that something follows it: at the least the bracket. */
static bool read_set_character(reader_t *in, uint32_t *point) {
  if (in->p == in->end || *in->p == '-' || *in->p == ']') return false;
  if (*in->p == '\\' && ++in->p == in->end) return false;
  size_t width;
  *point = llmp_utf8_decode(in->p, (size_t)(in->end - in->p), &width);
  if (*point == LLMP_REPLACEMENT && width == 1) return false;
  in->p += width;
  return in->p < in->end;
}

/* in->p is after '['; reads up to and with ']'. */
static bool read_set(glob_t *g, reader_t *in, glob_step_t *step) {
  step->kind = GLOB_SET;
  step->first = g->n_ranges;
  if (in->p < in->end && *in->p == '^') {
    step->negated = 1;
    in->p++;
  }
  for (;;) {
    if (in->p < in->end && *in->p == ']' && step->count > 0) {
      in->p++;
      return true;
    }
    glob_range_t *range = &g->ranges[g->n_ranges];
    if (!read_set_character(in, &range->low)) return false;
    range->high = range->low;
    if (*in->p == '-') {
      in->p++;
      if (!read_set_character(in, &range->high)) return false;
    }
    g->n_ranges++;
    step->count++;
  }
}

static bool read_step(glob_t *g, reader_t *in, glob_step_t *step) {
  char c = *in->p++;
  *step = (glob_step_t){.kind = GLOB_BYTE, .byte = (uint8_t)c};
  if (c == '[') return read_set(g, in, step);
  if (c == '?') {
    step->kind = GLOB_ANY;
  } else if (c == '\\') {
    if (in->p == in->end) return false;
    step->byte = (uint8_t)*in->p++;
  }
  return true;
}

static bool read_pattern(glob_t *g, reader_t in) {
  while (in.p < in.end) {
    glob_part_t *part = &g->parts[g->n_parts++];
    *part = (glob_part_t){.first = g->n_steps};
    while (in.p < in.end && *in.p == '*') {
      part->star = true;
      in.p++;
    }
    while (in.p < in.end && *in.p != '*') {
      if (!read_step(g, &in, &g->steps[g->n_steps])) return false;
      g->n_steps++;
      part->count++;
    }
  }
  return true;
}

llmp_status_t glob_compile(glob_t *g, llmp_str_t pattern) {
  memset(g, 0, sizeof *g);
  if (pattern.len > GLOB_PATTERN_MAX) return LLMP_E_LIMIT;
  /* No byte of a pattern makes more than one step, range or part. */
  g->steps = calloc(pattern.len + 1, sizeof *g->steps);
  g->ranges = calloc(pattern.len + 1, sizeof *g->ranges);
  g->parts = calloc(pattern.len + 1, sizeof *g->parts);
  if (g->steps == NULL || g->ranges == NULL || g->parts == NULL) return LLMP_E_NO_MEMORY;
  g->well_formed = pattern.len == 0 ||
                   read_pattern(g, (reader_t){pattern.ptr, pattern.ptr + pattern.len});
  g->literal = g->well_formed && (g->n_parts == 0 || (g->n_parts == 1 && !g->parts[0].star));
  for (uint32_t i = 0; i < g->n_steps; i++) g->literal = g->literal && g->steps[i].kind == GLOB_BYTE;
  return LLMP_OK;
}

void glob_free(glob_t *g) {
  free(g->steps);
  free(g->ranges);
  free(g->parts);
  memset(g, 0, sizeof *g);
}

/* ------------------------------------------------------------------ matching ----------------- */

static bool in_set(const glob_t *g, const glob_step_t *step, uint32_t point) {
  for (uint32_t i = 0; i < step->count; i++) {
    const glob_range_t *range = &g->ranges[step->first + i];
    if (range->low <= point && point <= range->high) return step->negated == 0;
  }
  return step->negated != 0;
}

/* Where the part ends when it is laid at p, or NULL. */
static const char *lay(const glob_t *g, const glob_part_t *part, const char *p, const char *end) {
  const glob_step_t *step = &g->steps[part->first];
  for (const glob_step_t *last = step + part->count; step < last; step++) {
    if (p == end) return NULL;
    if (step->kind == GLOB_BYTE) {
      if ((uint8_t)*p++ != step->byte) return NULL;
      continue;
    }
    size_t width;
    uint32_t point = llmp_utf8_decode(p, (size_t)(end - p), &width);
    if (step->kind == GLOB_ANY ? *p == '/' : !in_set(g, step, point)) return NULL;
    p += width;
  }
  return p;
}

bool glob_match(const glob_t *g, llmp_str_t text) {
  if (!g->well_formed) return false;
  const char *p = text.len > 0 ? text.ptr : "", *end = p + text.len;
  if (g->literal && text.len != g->n_steps) return false;
  /* To whoever ends texts at a NUL it is another text. */
  if (memchr(p, 0, text.len) != NULL) return false;
  for (uint32_t i = 0; i < g->n_parts; i++) {
    const glob_part_t *part = &g->parts[i];
    bool is_last = i + 1 == g->n_parts;
    if (part->star && part->count == 0) return memchr(p, '/', (size_t)(end - p)) == NULL;
    const char *after = lay(g, part, p, end);
    /* The last part must reach the end, or the star before it has to move on. */
    while (after == NULL || (is_last && after != end)) {
      if (!part->star || p == end || *p == '/') return false;
      after = lay(g, part, ++p, end);
    }
    p = after;
  }
  return p == end;
}
