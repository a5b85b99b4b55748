/* Numbers as Go prints a float64 with %v: the shortest digits that read back as the same number, in
 * the exponent form when the exponent is below -4 or not below 6.
 *
 * Decimal points never meet strtod here (12.5 is read as 125e-1), so the process locale, which is
 * not ours to change or to trust, has no say. */
#include <stdio.h>

#include "text.h"

#define EXPONENT_FROM 6
#define DIGITS_MAX 17            /* enough for every double */
#define EXPONENT_CAP 1000000     /* far beyond what a double can hold, far from overflow */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* The exponent after 'e', clamped. */
static long read_exponent(const char *p, const char *end) {
  bool negative = p < end && *p == '-';
  long exponent = 0;
  for (; p < end; p++) {
    if (is_digit(*p) && exponent < EXPONENT_CAP) exponent = exponent * 10 + (*p - '0');
  }
  return negative ? -exponent : exponent;
}

static double scaled(llmp_buf_t *digits, long exponent) {
  char tail[24];
  int n = snprintf(tail, sizeof tail, "e%ld", exponent);
  llmp_buf_add(digits, tail, (size_t)n + 1); /* with the NUL that strtod needs */
  return digits->failed ? 0 : strtod(digits->ptr, NULL);
}

/* The magnitude of a JSON number; infinite when no double can hold it. */
static double read_number(llmp_str_t raw, bool *failed) {
  llmp_buf_t digits = {0};
  long exponent = 0;
  bool fraction = false;
  for (const char *p = raw.ptr, *end = p + raw.len; p < end; p++) {
    if (is_digit(*p)) {
      llmp_buf_char(&digits, *p);
      if (fraction) exponent--;
    } else if (*p == '.') {
      fraction = true;
    } else if (*p == 'e' || *p == 'E') {
      exponent += read_exponent(p + 1, end);
      break;
    }
  }
  double magnitude = scaled(&digits, exponent);
  *failed = digits.failed;
  llmp_buf_free(&digits);
  return magnitude;
}

typedef struct shortest { char digits[DIGITS_MAX + 1]; size_t n; long exponent; } shortest_t;

static bool reads_back(shortest_t *s, double value) {
  char text[48];
  s->digits[s->n] = 0;
  (void)snprintf(text, sizeof text, "%se%ld", s->digits, s->exponent - (long)s->n + 1);
  return strtod(text, NULL) == value;
}

/* The next larger number of as many digits; false when there is none. */
static bool bump(shortest_t *s) {
  for (size_t i = s->n; i > 0; i--) {
    if (s->digits[i - 1] != '9') {
      s->digits[i - 1]++;
      return true;
    }
    s->digits[i - 1] = '0';
  }
  return false;
}

/* value > 0 and finite, as d1.d2d3... times ten to the power of exponent. At a power of two the doubles
 * above lie further apart than those below,
   so the digits rounded up may read back when the nearest do not. */
static shortest_t shorten(double value) {
  shortest_t s = {.n = 0};
  for (int precision = 0; precision < DIGITS_MAX; precision++) {
    char text[40];
    (void)snprintf(text, sizeof text, "%.*e", precision, value);
    const char *e = strchr(text, 'e');
    s.n = 0;
    for (const char *p = text; p < e; p++) {
      if (is_digit(*p) && s.n < DIGITS_MAX) s.digits[s.n++] = *p;
    }
    s.exponent = read_exponent(e + 1, e + strlen(e));
    if (reads_back(&s, value) || (bump(&s) && reads_back(&s, value))) break;
  }
  return s;
}

static void add_zeros(llmp_buf_t *out, long n) {
  while (n-- > 0) llmp_buf_char(out, '0');
}

static void add_exponent_form(llmp_buf_t *out, const shortest_t *s) {
  llmp_buf_char(out, s->digits[0]);
  if (s->n > 1) {
    llmp_buf_char(out, '.');
    llmp_buf_add(out, s->digits + 1, s->n - 1);
  }
  uint64_t magnitude = (uint64_t)(s->exponent < 0 ? -s->exponent : s->exponent);
  LLMP_BUF_LIT(out, "e");
  llmp_buf_char(out, s->exponent < 0 ? '-' : '+');
  if (magnitude < 10) llmp_buf_char(out, '0');
  llmp_buf_u64(out, magnitude);
}

static void add_plain_form(llmp_buf_t *out, const shortest_t *s) {
  if (s->exponent < 0) {
    LLMP_BUF_LIT(out, "0.");
    add_zeros(out, -s->exponent - 1);
    llmp_buf_add(out, s->digits, s->n);
    return;
  }
  size_t whole = (size_t)s->exponent + 1;
  llmp_buf_add(out, s->digits, s->n < whole ? s->n : whole);
  if (s->n < whole) add_zeros(out, (long)(whole - s->n));
  if (s->n > whole) {
    llmp_buf_char(out, '.');
    llmp_buf_add(out, s->digits + whole, s->n - whole);
  }
}

void text_add_number(llmp_buf_t *out, llmp_str_t raw) {
  bool failed = false;
  bool negative = raw.len > 0 && raw.ptr[0] == '-';
  double value = read_number(raw, &failed);
  if (failed) {
    out->failed = true;
    return;
  }
  if (value > 1.7976931348623157e308) { /* Go refuses such a body; no pattern should let it pass by luck */
    llmp_buf_str(out, negative ? LLMP_S("-Inf") : LLMP_S("+Inf"));
    return;
  }
  if (negative) llmp_buf_char(out, '-');
  if (value == 0) {
    llmp_buf_char(out, '0');
    return;
  }
  shortest_t s = shorten(value);
  if (s.exponent < -4 || s.exponent >= EXPONENT_FROM) {
    add_exponent_form(out, &s);
  } else {
    add_plain_form(out, &s);
  }
}
