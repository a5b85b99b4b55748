#include "text.h"

#include "llmp_json.h"

#define DEPTH_MAX 64

static bool add_value(llmp_buf_t *out, llmp_str_t raw, int depth);

/* ------------------------------------------------------------------ strings ------------------ */

/* Four hex digits, or -1. */
static int32_t read_hex4(const char *p, const char *end) {
  int32_t value = 0;
  if (end - p < 4) return -1;
  for (int i = 0; i < 4; i++) {
    char c = p[i];
    int32_t digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
                  : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return -1;
    value = value << 4 | digit;
  }
  return value;
}

/* p is after "\u"; returns where reading goes on. Half a surrogate pair is U+FFFD. */
static const char *add_unicode_escape(llmp_buf_t *out, const char *p, const char *end) {
  int32_t unit = read_hex4(p, end);
  if (unit < 0) {
    llmp_buf_rune(out, LLMP_REPLACEMENT);
    return p;
  }
  p += 4;
  if (unit < 0xD800 || unit > 0xDFFF) {
    llmp_buf_rune(out, (uint32_t)unit);
    return p;
  }
  int32_t low = unit < 0xDC00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u' ? read_hex4(p + 2, end) : -1;
  if (low < 0xDC00 || low > 0xDFFF) {
    llmp_buf_rune(out, LLMP_REPLACEMENT);
    return p;
  }
  llmp_buf_rune(out, 0x10000u + ((uint32_t)(unit - 0xD800) << 10) + (uint32_t)(low - 0xDC00));
  return p + 6;
}

void text_add_string(llmp_buf_t *out, llmp_str_t inside) {
  static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
  const char *p = inside.ptr, *end = p + inside.len;
  while (p < end && !out->failed) {
    if (*p != '\\') {
      size_t width;
      uint32_t point = llmp_utf8_decode(p, (size_t)(end - p), &width);
      llmp_buf_rune(out, point);
      p += width;
      continue;
    }
    if (++p == end) return;
    char c = *p++;
    if (c == 'u') {
      p = add_unicode_escape(out, p, end);
      continue;
    }
    const char *letter = c != 0 ? strchr(letters, c) : NULL;
    llmp_buf_char(out, letter != NULL ? meanings[letter - letters] : c);
  }
}

/* ------------------------------------------------------------------ containers --------------- */

static bool add_array(llmp_buf_t *out, llmp_str_t raw, int depth) {
  llmp_json_iter_t it;
  llmp_str_t key, value;
  bool first = true;
  llmp_buf_char(out, '[');
  if (!llmp_json_open(&it, raw)) return false;
  while (llmp_json_next(&it, &key, &value)) {
    if (!first) llmp_buf_char(out, ' ');
    first = false;
    if (!add_value(out, value, depth + 1)) return false;
  }
  llmp_buf_char(out, ']');
  return true;
}

typedef struct member { size_t key_at, key_len, order; llmp_str_t value; const llmp_buf_t *keys; } member_t;

static int by_key(const void *left, const void *right) {
  const member_t *a = left, *b = right;
  size_t shorter = a->key_len < b->key_len ? a->key_len : b->key_len;
  int difference = shorter > 0 ? memcmp(a->keys->ptr + a->key_at, b->keys->ptr + b->key_at, shorter) : 0;
  if (difference != 0) return difference;
  if (a->key_len != b->key_len) return a->key_len < b->key_len ? -1 : 1;
  return a->order < b->order ? -1 : a->order > b->order;
}

static bool same_key(const member_t *a, const member_t *b) {
  return a->key_len == b->key_len &&
         (a->key_len == 0 || memcmp(a->keys->ptr + a->key_at, b->keys->ptr + b->key_at, a->key_len) == 0);
}

static bool collect(llmp_str_t raw, llmp_buf_t *keys, llmp_buf_t *members) {
  llmp_json_iter_t it;
  llmp_str_t key, value;
  if (!llmp_json_open(&it, raw)) return false;
  for (size_t order = 0; llmp_json_next(&it, &key, &value); order++) {
    member_t m = {.key_at = keys->len, .order = order, .value = value, .keys = keys};
    text_add_string(keys, key);
    m.key_len = keys->len - m.key_at;
    llmp_buf_add(members, (const char *)&m, sizeof m);
  }
  return !keys->failed && !members->failed;
}

/* Go prints a map in the order of its keys, and of a repeated key the last value is left. */
static bool add_object(llmp_buf_t *out, llmp_str_t raw, int depth) {
  llmp_buf_t keys = {0}, members = {0};
  bool good = collect(raw, &keys, &members);
  member_t *m = (member_t *)(void *)members.ptr;
  size_t n = members.len / sizeof *m;
  LLMP_BUF_LIT(out, "map[");
  if (good && n > 1) qsort(m, n, sizeof *m, by_key);
  bool first = true;
  for (size_t i = 0; good && i < n; i++) {
    if (i + 1 < n && same_key(&m[i], &m[i + 1])) continue;
    if (!first) llmp_buf_char(out, ' ');
    first = false;
    llmp_buf_add(out, keys.ptr + m[i].key_at, m[i].key_len);
    llmp_buf_char(out, ':');
    good = add_value(out, m[i].value, depth + 1);
  }
  llmp_buf_char(out, ']');
  llmp_buf_free(&keys);
  llmp_buf_free(&members);
  return good;
}

/* ------------------------------------------------------------------ values ------------------- */

static bool add_value(llmp_buf_t *out, llmp_str_t raw, int depth) {
  if (raw.len == 0 || depth > DEPTH_MAX || out->failed) return false;
  switch (raw.ptr[0]) {
    case '"':
      if (raw.len < 2) return false;
      text_add_string(out, llmp_slice(raw.ptr + 1, raw.len - 2));
      break;
    case '[': return add_array(out, raw, depth) && !out->failed;
    case '{': return add_object(out, raw, depth) && !out->failed;
    case 'n': LLMP_BUF_LIT(out, "<nil>"); break;
    case 't': LLMP_BUF_LIT(out, "true"); break;
    case 'f': LLMP_BUF_LIT(out, "false"); break;
    default: text_add_number(out, raw);
  }
  return !out->failed;
}

/* Whether the inside of a literal is its own text: no escape, nothing that could be bad UTF-8. */
static bool is_plain(llmp_str_t inside) {
  for (size_t i = 0; i < inside.len; i++) {
    if ((unsigned char)inside.ptr[i] >= 0x80 || inside.ptr[i] == '\\') return false;
  }
  return true;
}

bool text_of_json(llmp_str_t raw, llmp_buf_t *scratch, llmp_str_t *text) {
  if (raw.len == 0 || raw.len > TEXT_MAX) return false;
  if (raw.ptr[0] == '"' && raw.len >= 2) {
    *text = llmp_slice(raw.ptr + 1, raw.len - 2);
    if (is_plain(*text)) return true;
  }
  scratch->limit = TEXT_MAX;
  if (!add_value(scratch, raw, 0)) return false;
  *text = llmp_buf_view(scratch);
  return true;
}

/* Controls, line and paragraph separators, and what turns the direction of writing: a message goes
 * into logs and terminals. */
static bool is_unfit(uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || (point >= 0x200E && point <= 0x200F) ||
         (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) || point == 0xFEFF;
}

void text_add_clean(llmp_buf_t *out, llmp_str_t s, size_t max) {
  size_t start = out->len;
  for (size_t i = 0; i < s.len;) {
    size_t width;
    uint32_t point = llmp_utf8_decode(s.ptr + i, s.len - i, &width);
    bool bad = is_unfit(point) || (point == LLMP_REPLACEMENT && width == 1);
    if (out->len - start + (bad ? 1 : width) > max) {
      LLMP_BUF_LIT(out, "...");
      return;
    }
    if (bad) {
      llmp_buf_char(out, '?');
    } else {
      llmp_buf_add(out, s.ptr + i, width);
    }
    i += width;
  }
}
