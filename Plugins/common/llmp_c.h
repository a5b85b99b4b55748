/* llmp_c.h - small inline conveniences over llm_proxy_plugin.h for plugins written in C.
 *
 * Header only, no state, no dependency but libc. A plugin may as well do without it: nothing here
 * is part of the ABI. */
#ifndef LLMP_C_H
#define LLMP_C_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <llm_proxy_plugin.h>

/* A literal as an expression; LLMP_LIT is its twin for static initializers. */
#define LLMP_S(s) ((llmp_str_t)LLMP_LIT(s))

/* ------------------------------------------------------------------ slices ------------------- */

static inline llmp_str_t llmp_slice(const char *ptr, size_t len) {
  llmp_str_t s = {ptr, len};
  return s;
}

static inline bool llmp_eq(llmp_str_t a, llmp_str_t b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool llmp_starts(llmp_str_t s, llmp_str_t prefix) {
  return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

/* ASCII only: no locale decides what a header means. */
static inline char llmp_lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

static inline bool llmp_ieq(llmp_str_t a, llmp_str_t b) {
  if (a.len != b.len) return false;
  if (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0) return true; /* nearly always spelt alike */
  for (size_t i = 0; i < a.len; i++) {
    if (llmp_lower(a.ptr[i]) != llmp_lower(b.ptr[i])) return false;
  }
  return true;
}

static inline bool llmp_istarts(llmp_str_t s, llmp_str_t prefix) {
  return s.len >= prefix.len && llmp_ieq(llmp_slice(s.ptr, prefix.len), prefix);
}

/* Without spaces and tabs at both ends (the OWS of RFC 9110). */
static inline llmp_str_t llmp_trim(llmp_str_t s) {
  while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) { s.ptr++; s.len--; }
  while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t')) s.len--;
  return s;
}

/* ------------------------------------------------------------------ host --------------------- */

/* Fills the caller's error buffer and returns `code`. */
__attribute__((format(printf, 3, 4)))
static inline llmp_status_t llmp_fail(llmp_err_t *e, llmp_status_t code, const char *format, ...) {
  if (e != NULL) {
    va_list arguments;
    va_start(arguments, format);
    e->code = code;
    (void)vsnprintf(e->message, sizeof e->message, format, arguments);
    va_end(arguments);
  }
  return code;
}

/* The same for a hook: fills the buffer and returns LLMP_ERROR. */
#define LLMP_HOOK_FAIL(e, code, ...) ((void)llmp_fail((e), (code), __VA_ARGS__), LLMP_ERROR)

/* A service table, or NULL when the host does not serve it or it is older than `need` bytes. */
static inline const void *llmp_service(const llmp_host_t *host, const char *id, size_t need) {
  const uint32_t *table = host->get_service(host->ctx, id); /* struct_size is its first field */
  return table != NULL && *table >= need ? table : NULL;
}

/* ------------------------------------------------------------------ numbers ------------------ */

#define LLMP_DECIMAL_MAX 20

/* The two digits of a number below 100. */
static inline const char *llmp_pair(uint64_t below_100) {
  static const char pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
    "49505152535455565758596061626364656667686970717273747576777879808182838485868788899091929394959697"
    "9899";
  return pairs + 2 * below_100;
}

/* Exactly `width` digits, zero-filled on the left; higher digits are cut. */
static inline void llmp_decimal_fixed(char *out, uint64_t v, size_t width) {
  for (; width >= 2; width -= 2, v /= 100) memcpy(out + width - 2, llmp_pair(v % 100), 2);
  if (width == 1) out[0] = (char)('0' + v % 10);
}

/* Decimal digits of v into out (room for LLMP_DECIMAL_MAX); returns how many. */
static inline size_t llmp_decimal(char *out, uint64_t v) {
  size_t width = 1;
  for (uint64_t bound = 10; width < LLMP_DECIMAL_MAX && v >= bound; bound *= 10) width++;
  llmp_decimal_fixed(out, v, width);
  return width;
}

#endif /* LLMP_C_H */
