/* llmp_utf8.h - strict UTF-8 decoding (Unicode 15, table 3-7). Header only. */
#ifndef LLMP_UTF8_H
#define LLMP_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define LLMP_REPLACEMENT 0xFFFDu

/* The code point at p (n bytes are left) and how many bytes it takes. A byte that starts no valid
 * sequence is U+FFFD of width 1; nothing left is U+FFFD of width 0. */
static inline uint32_t llmp_utf8_decode(const char *p, size_t n, size_t *width) {
  const unsigned char *s = (const unsigned char *)p;
  *width = n > 0 ? 1 : 0;
  if (n == 0) return LLMP_REPLACEMENT;
  uint32_t first = s[0];
  if (first < 0x80) return first;
  size_t more = first >= 0xC2 && first <= 0xDF ? 1 : (first & 0xF0) == 0xE0 ? 2
              : first >= 0xF0 && first <= 0xF4 ? 3 : 0;
  if (more == 0 || n <= more) return LLMP_REPLACEMENT;
  uint32_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;   /* no overlong forms      */
  uint32_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;  /* no surrogates, <= 10FFFF */
  uint32_t point = first & (0x3Fu >> more);
  for (size_t i = 1; i <= more; i++) {
    if (s[i] < low || s[i] > high) return LLMP_REPLACEMENT;
    point = point << 6 | (s[i] & 0x3Fu);
    low = 0x80;
    high = 0xBF;
  }
  *width = more + 1;
  return point;
}

/* Writes point (a scalar value) to out, room for 4; returns how many bytes. */
static inline size_t llmp_utf8_encode(char *out, uint32_t point) {
  if (point < 0x80) {
    out[0] = (char)point;
    return 1;
  }
  size_t more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  for (size_t i = more; i > 0; i--) {
    out[i] = (char)(0x80u | (point & 0x3Fu));
    point >>= 6;
  }
  out[0] = (char)((0xFF00u >> (more + 1) & 0xFFu) | point);
  return more + 1;
}

#endif /* LLMP_UTF8_H */
