/* Text of times, by hand: snprintf and gmtime cost more than the rest of the stage. */
#define _GNU_SOURCE 1
#include <time.h>

#include "stage.h"

#define SECOND_NS 1000000000u

uint64_t forward_unix_ns(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* Days since 1970-01-01 to a civil date, on years that begin in March (so that the leap day is the
 * last day of a year) and eras of 400 years. Valid for every day a uint64_t of nanoseconds reaches. */
static void civil(uint64_t days, uint64_t *year, uint64_t *month, uint64_t *day) {
  uint64_t z = days + 719468; /* from 0000-03-01 */
  uint64_t era = z / 146097, of_era = z % 146097;
  uint64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  uint64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  uint64_t from_march = (5 * of_year + 2) / 153;
  *day = of_year - (153 * from_march + 2) / 5 + 1;
  *month = from_march < 10 ? from_march + 3 : from_march - 9;
  *year = era * 400 + year_of_era + (*month <= 2 ? 1 : 0);
}

size_t forward_format_time(char *out, uint64_t unix_ns) {
  uint64_t seconds = unix_ns / SECOND_NS, fraction = unix_ns % SECOND_NS;
  uint64_t of_day = seconds % 86400, year, month, day;
  civil(seconds / 86400, &year, &month, &day);
  memcpy(out, "0000-00-00T00:00:00", 19);
  llmp_decimal_fixed(out, year, 4);
  llmp_decimal_fixed(out + 5, month, 2);
  llmp_decimal_fixed(out + 8, day, 2);
  llmp_decimal_fixed(out + 11, of_day / 3600, 2);
  llmp_decimal_fixed(out + 14, of_day / 60 % 60, 2);
  llmp_decimal_fixed(out + 17, of_day % 60, 2);
  size_t n = 19;
  if (fraction != 0) {
    out[n] = '.';
    llmp_decimal_fixed(out + n + 1, fraction, 9);
    n += 10;
    while (out[n - 1] == '0') n--;
  }
  out[n++] = 'Z';
  return n;
}

static char *append(char *out, const char *text, size_t n) {
  memcpy(out, text, n);
  return out + n;
}

/* "12.345" of 12345 microseconds. */
static char *milliseconds(char *out, uint64_t us) {
  out += llmp_decimal(out, us / 1000);
  *out++ = '.';
  llmp_decimal_fixed(out, us % 1000, 3);
  return out + 3;
}

size_t forward_format_timing(char *out, const llmp_exchange_t *x) {
  char *p = out;
  uint64_t upstream = x->upstream_head_us;
  uint64_t gateway = x->duration_us > upstream ? x->duration_us - upstream : 0;
  p = append(p, "gateway;dur=", 12);
  p = milliseconds(p, gateway);
  if (upstream != 0) {
    p = append(p, ", upstream;dur=", 15);
    p = milliseconds(p, upstream);
  }
  if (x->upstream_connect_us != 0) {
    p = append(p, ", connect;dur=", 14);
    p = milliseconds(p, x->upstream_connect_us);
  }
  return (size_t)(p - out);
}
