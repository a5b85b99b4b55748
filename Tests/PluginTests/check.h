/* check.h - the little that the C tests need of a framework. Output is TAP. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <string.h>

#include "llmp_c.h"

extern int check_failures;   /* in the running test; defined by fakehost.c or by the test itself */

#define CHECK_FAIL(...) \
  (check_failures++, printf("# %s:%d: ", __FILE__, __LINE__), printf(__VA_ARGS__), (void)printf("\n"))
#define CHECK(condition) do { if (!(condition)) CHECK_FAIL("false: %s", #condition); } while (0)
#define CHECK_INT(got, wanted) do { \
    long long got_ = (long long)(got), wanted_ = (long long)(wanted); \
    if (got_ != wanted_) CHECK_FAIL("%s is %lld, not %lld", #got, got_, wanted_); \
  } while (0)
#define CHECK_SLICE(got, wanted) do { \
    llmp_str_t got_ = (got), wanted_ = (wanted); \
    if (!llmp_eq(got_, wanted_)) { \
      CHECK_FAIL("%s is '%.*s', not '%.*s'", #got, (int)got_.len, got_.len ? got_.ptr : "", \
                 (int)wanted_.len, wanted_.len ? wanted_.ptr : ""); \
    } \
  } while (0)
#define CHECK_TEXT(got, wanted) do { \
    const char *got_ = (got), *wanted_ = (wanted); \
    if (got_ == NULL || strcmp(got_, wanted_) != 0) { \
      CHECK_FAIL("%s is '%s', not '%s'", #got, got_ ? got_ : "(null)", wanted_); \
    } \
  } while (0)
#define CHECK_HOLDS(text, part) do { \
    const char *text_ = (text), *part_ = (part); \
    if (text_ == NULL || strstr(text_, part_) == NULL) { \
      CHECK_FAIL("%s is '%s', without '%s'", #text, text_ ? text_ : "(null)", part_); \
    } \
  } while (0)

typedef struct check_case { const char *name; void (*run)(void); } check_case_t;

/* Runs the cases and prints one line for each; the exit code of a test program. */
static inline int check_run(const check_case_t *cases, size_t n) {
  int broken = 0;
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("1..%zu\n", n);
  for (size_t i = 0; i < n; i++) {
    check_failures = 0;
    cases[i].run();
    printf("%s %zu - %s\n", check_failures == 0 ? "ok" : "not ok", i + 1, cases[i].name);
    if (check_failures != 0) broken++;
  }
  return broken == 0 ? 0 : 1;
}
#define CHECK_MAIN(cases) \
  int main(int argc, char **argv) { \
    check_argument = argc > 1 ? argv[1] : ""; \
    return check_run(cases, sizeof cases / sizeof *cases); \
  }
extern const char *check_argument;   /* path of the plugin under test */

#endif /* CHECK_H */
