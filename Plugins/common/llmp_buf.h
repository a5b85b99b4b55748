/* llmp_buf.h - a growable byte buffer with a ceiling. Header only.
 *
 * Errors are sticky: after a failed append `failed` is set and further appends do nothing, so a
 * long sequence of appends needs one check at its end. */
#ifndef LLMP_BUF_H
#define LLMP_BUF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "llmp_c.h"
#include "llmp_utf8.h"

typedef struct llmp_buf {
  char *ptr;
  size_t len, room;
  size_t limit;   /* bytes; 0 = none */
  bool failed;    /* out of memory or over the limit */
} llmp_buf_t;

static inline void llmp_buf_free(llmp_buf_t *b) {
  free(b->ptr);
  memset(b, 0, sizeof *b);
}

/* Makes room for `more` bytes. */
static inline bool llmp_buf_reserve(llmp_buf_t *b, size_t more) {
  if (b->failed) return false;
  if (b->limit != 0 && (more > b->limit || b->len > b->limit - more)) return !(b->failed = true);
  if (b->room - b->len >= more) return true;
  size_t room = b->room < 256 ? 256 : b->room;
  while (room - b->len < more) room *= 2;
  char *grown = realloc(b->ptr, room);
  if (grown == NULL) return !(b->failed = true);
  b->ptr = grown;
  b->room = room;
  return true;
}

static inline void llmp_buf_add(llmp_buf_t *b, const char *bytes, size_t n) {
  if (n == 0 || !llmp_buf_reserve(b, n)) return;
  memcpy(b->ptr + b->len, bytes, n);
  b->len += n;
}

static inline void llmp_buf_str(llmp_buf_t *b, llmp_str_t s) { llmp_buf_add(b, s.ptr, s.len); }
static inline void llmp_buf_char(llmp_buf_t *b, char c) { llmp_buf_add(b, &c, 1); }
#define LLMP_BUF_LIT(b, literal) llmp_buf_add((b), (literal), sizeof(literal) - 1)

static inline void llmp_buf_u64(llmp_buf_t *b, uint64_t v) {
  char digits[LLMP_DECIMAL_MAX];
  llmp_buf_add(b, digits, llmp_decimal(digits, v));
}

static inline void llmp_buf_rune(llmp_buf_t *b, uint32_t point) {
  char bytes[4];
  llmp_buf_add(b, bytes, llmp_utf8_encode(bytes, point));
}

static inline llmp_str_t llmp_buf_view(const llmp_buf_t *b) { return llmp_slice(b->ptr, b->len); }

/* s as a JSON string literal with its quotes. Bytes that are not UTF-8 become U+FFFD. */
static inline void llmp_buf_json(llmp_buf_t *b, llmp_str_t s) {
  static const char hex[] = "0123456789abcdef";
  llmp_buf_char(b, '"');
  size_t run = 0; /* start of the bytes that can be copied as they are */
  for (size_t i = 0; i < s.len;) {
    unsigned char c = (unsigned char)s.ptr[i];
    size_t width = 1;
    if (c >= 0x20 && c != '"' && c != '\\' &&
        (c < 0x80 || llmp_utf8_decode(s.ptr + i, s.len - i, &width) != LLMP_REPLACEMENT || width > 1)) {
      i += width;
      continue;
    }
    llmp_buf_add(b, s.ptr + run, i - run);
    if (c >= 0x80) {
      llmp_buf_rune(b, LLMP_REPLACEMENT);
    } else if (c == '\n') {
      LLMP_BUF_LIT(b, "\\n");
    } else if (c < 0x20) {
      char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
      llmp_buf_add(b, escape, sizeof escape);
    } else {
      char escape[2] = {'\\', (char)c};
      llmp_buf_add(b, escape, sizeof escape);
    }
    run = ++i;
  }
  if (run < s.len) llmp_buf_add(b, s.ptr + run, s.len - run);
  llmp_buf_char(b, '"');
}

#endif /* LLMP_BUF_H */
