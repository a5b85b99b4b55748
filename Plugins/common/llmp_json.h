/* llmp_json.h - walking raw JSON text without building a tree. Header only, no allocation.
 *
 * These functions are memory-safe on any bytes; on text that is not valid JSON they may skip more
 * or less than a parser would, never past `end`. */
#ifndef LLMP_JSON_H
#define LLMP_JSON_H

#include "llmp_c.h"

static inline const char *llmp_json_space(const char *p, const char *end) {
  while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')) p++;
  return p;
}

/* p is at an opening quote; the byte after the closing one, or NULL. */
static inline const char *llmp_json_string_end(const char *p, const char *end) {
  for (p++; p < end; p++) {
    if (*p == '"') return p + 1;
    if (*p == '\\' && ++p == end) return NULL;
  }
  return NULL;
}

/* p is at the first byte of a value; the byte after the value, or NULL. */
static inline const char *llmp_json_value_end(const char *p, const char *end) {
  size_t depth = 0;
  while (p < end) {
    if (*p == '"') {
      p = llmp_json_string_end(p, end);
      if (p == NULL) return NULL;
      if (depth == 0) return p;
      continue;
    }
    if (*p == '{' || *p == '[') depth++;
    if (*p == '}' || *p == ']') {
      if (depth == 0) return p; /* the end of what surrounds a number or literal */
      if (--depth == 0) return p + 1;
    }
    if (depth == 0 && (*p == ',' || *p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')) return p;
    p++;
  }
  return depth == 0 ? p : NULL;
}

/* Steps through the members of an object, or through the elements of an array. */
typedef struct llmp_json_iter {
  const char *p, *end;
  char close;      /* '}' or ']' */
  bool first;
} llmp_json_iter_t;

/* False when `text` is neither an object nor an array. */
static inline bool llmp_json_open(llmp_json_iter_t *it, llmp_str_t text) {
  if (text.len == 0) return false;
  it->end = text.ptr + text.len;
  it->p = llmp_json_space(text.ptr, it->end);
  if (it->p == it->end || (*it->p != '{' && *it->p != '[')) return false;
  it->close = *it->p++ == '{' ? '}' : ']';
  it->first = true;
  return true;
}

/* The next value; of an object also its key, raw and without quotes. False at the end. */
static inline bool llmp_json_next(llmp_json_iter_t *it, llmp_str_t *key, llmp_str_t *value) {
  const char *p = llmp_json_space(it->p, it->end);
  if (p == it->end || *p == it->close) return false;
  if (!it->first) {
    if (*p != ',') return false;
    p = llmp_json_space(p + 1, it->end);
  }
  it->first = false;
  if (it->close == '}') {
    if (p == it->end || *p != '"') return false;
    const char *after = llmp_json_string_end(p, it->end);
    if (after == NULL) return false;
    *key = llmp_slice(p + 1, (size_t)(after - p) - 2);
    p = llmp_json_space(after, it->end);
    if (p == it->end || *p != ':') return false;
    p = llmp_json_space(p + 1, it->end);
  }
  const char *after = p == it->end ? NULL : llmp_json_value_end(p, it->end);
  if (after == NULL || after == p) return false;
  *value = llmp_slice(p, (size_t)(after - p));
  it->p = after;
  return true;
}

/* The first member of that name whose key is spelt without escapes. */
static inline bool llmp_json_member(llmp_str_t object, llmp_str_t name, llmp_str_t *value) {
  llmp_json_iter_t it;
  llmp_str_t key = {NULL, 0};
  if (!llmp_json_open(&it, object) || it.close != '}') return false;
  while (llmp_json_next(&it, &key, value)) {
    if (llmp_eq(key, name)) return true;
  }
  return false;
}

#endif /* LLMP_JSON_H */
