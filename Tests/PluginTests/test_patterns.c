/* Patterns, numbers and values of the whitelist stage, without a host. Links its glob.c, number.c and
 * text.c. */
#include "check.h"
#include "glob.h"
#include "text.h"

int check_failures;
const char *check_argument = "";

/* ------------------------------------------------------------------ patterns ----------------- */

typedef struct pattern_case { const char *pattern, *text; int matches; } pattern_case_t; /* -1: malformed */

static void check_patterns(const pattern_case_t *cases, size_t n) {
  for (size_t i = 0; i < n; i++) {
    const pattern_case_t *c = &cases[i];
    glob_t g;
    CHECK_INT(glob_compile(&g, llmp_slice(c->pattern, strlen(c->pattern))), LLMP_OK);
    bool matched = glob_match(&g, llmp_slice(c->text, strlen(c->text)));
    if (matched != (c->matches == 1)) CHECK_FAIL("pattern '%s' on '%s': %d", c->pattern, c->text, matched);
    if (g.well_formed != (c->matches != -1)) CHECK_FAIL("pattern '%s': well formed is %d", c->pattern,
      g.well_formed);
    glob_free(&g);
  }
}
#define CHECK_PATTERNS(cases) check_patterns(cases, sizeof cases / sizeof *cases)

static void literals_and_stars(void) {
  static const pattern_case_t cases[] = {
    {"gpt-4o", "gpt-4o", 1}, {"gpt-4o", "gpt-4o-mini", 0}, {"gpt-4o", "GPT-4o", 0}, {"gpt-4o", "", 0},
      {"", "", 1},
    {"", "x", 0}, {"*", "", 1}, {"*", "gpt", 1}, {"*", "org/gpt", 0}, {"**", "gpt", 1}, {"**", "a/b", 0},
    {"gpt-*", "gpt-", 1}, {"gpt-*", "gpt-4.1-nano", 1}, {"gpt-*", "org/gpt-4", 0}, {"gpt-*", "gpt-4/x", 0},
    {"*-mini", "gpt-4o-mini", 1}, {"*-mini", "-mini", 1}, {"*-mini", "gpt-4o-mini-x", 0},
      {"*/gpt-*", "org/gpt-4", 1},
    {"*/gpt-*", "a/b/gpt-4", 0}, {"a*b*c", "abc", 1}, {"a*b*c", "a1b2c", 1}, {"a*b*c", "a1b2cb", 0},
    {"*ab", "aab", 1}, {"*aab", "aaab", 1}, {"*x*x", "xx", 1}, {"*x*x", "x", 0}, {"a*b/c*d", "aXb/cYd", 1},
    {"a*b/c*d", "aX/b/cYd", 0}, {"a**b", "ab", 1}, {"a**b", "axxb", 1},
  };
  CHECK_PATTERNS(cases);
}

static void question_marks_and_utf8(void) {
  static const pattern_case_t cases[] = {
    {"?", "a", 1}, {"?", "", 0}, {"?", "ab", 0}, {"a?b", "a/b", 0}, {"a?b", "a\xE2\x98\xBA" "b", 1},
    {"a??b", "a\xE2\x98\xBA" "b", 0}, {"?*", "", 0}, {"*?", "\xE2\x98\xBA", 1}, {"??", "\xFF\xFE", 1},
    {"?", "\xE2\x98", 0}, {"\xE2\x98\xBA*", "\xE2\x98\xBA", 1}, {"*\xBA", "\xE2\x98\xBA", 1},
      /* bytes, as in Go */
  };
  CHECK_PATTERNS(cases);
}

static void sets(void) {
  static const pattern_case_t cases[] = {
    {"[a]", "a", 1}, {"[a]", "b", 0}, {"[abc]", "b", 1}, {"[a-c]", "b", 1}, {"[a-c]", "d", 0},
      {"[c-a]", "b", 0},
    {"[^a]", "b", 1}, {"[^a]", "a", 0}, {"[^a-c]", "d", 1}, {"[^a-c]", "b", 0}, {"[^a]", "", 0},
      {"[a-cx-z]", "y", 1},
    {"[!a]", "!", 1}, {"[!a]", "b", 0}, {"[a^]", "^", 1}, {"[^^]", "^", 0}, {"[*]", "*", 1}, {"[*]", "x", 0},
    {"[?]", "?", 1}, {"[[]", "[", 1}, {"[/]", "/", 1}, {"[^x]", "/", 1}, {"a[^x]b", "a/b", 1},
      {"[.-0]", "/", 1},
    {"[\\]]", "]", 1}, {"[\\-]", "-", 1}, {"[a\\-z]", "-", 1}, {"[a\\-z]", "m", 0}, {"[\\--0]", ".", 1},
    {"[\xCE\xB1-\xCF\x89]", "\xCE\xB2", 1}, {"[a-\xCE\xB6]*", "\xCE\xB1", 1}, {"*[a-\xCE\xB6]", "A", 0},
    {"[^a][^a]", "\xE2\x98\xBA", 0}, {"[a*]b", "*b", 1}, {"o[134]-*", "o3-mini", 1},
      {"o[134]-*", "o2-mini", 0},
    {"[\xEF\xBF\xBD]", "\xFF", 1}, {"[a]]", "a]", 1}, {"a]", "a]", 1}, {"-", "-", 1}, {"a-b", "a-b", 1},
  };
  CHECK_PATTERNS(cases);
}

static void escapes(void) {
  static const pattern_case_t cases[] = {
    {"\\*", "*", 1}, {"\\*", "x", 0}, {"\\?", "?", 1}, {"\\[a]", "[a]", 1}, {"\\\\", "\\", 1},
      {"\\a", "a", 1},
    {"a\\*b", "a*b", 1}, {"a\\*b", "axb", 0}, {"\\/", "/", 1}, {"*\\*", "ab*", 1}, {"*\\*", "ab", 0},
  };
  CHECK_PATTERNS(cases);
}

static void malformed_patterns_match_nothing(void) {
  static const pattern_case_t cases[] = {
    {"[", "[", -1}, {"[]", "]", -1}, {"[]a]", "]", -1}, {"[^]", "^", -1}, {"[^]a]", "b", -1},
      {"[-]", "-", -1},
    {"[a-]", "a", -1}, {"[a-]", "-", -1}, {"[-a]", "a", -1}, {"[a-b-c]", "a", -1}, {"[a", "a", -1},
      {"[^a", "b", -1},
    {"[a-", "a", -1}, {"[a-b", "a", -1}, {"[\\", "\\", -1}, {"[\\]", "]", -1}, {"\\", "\\", -1},
      {"a\\", "a", -1},
    {"*[", "x", -1}, {"x*[", "y", -1}, {"gpt-4o[", "gpt-4o", -1}, {"[\xFF]", "\xFF", -1},
      {"[a-\xFF]", "b", -1},
    {"[]*]", "x", -1}, {"a*\\", "a", -1},
  };
  CHECK_PATTERNS(cases);
}

/* A star takes the leftmost place where the next part fits and never thinks again. */
static void stars_do_not_think_again(void) {
  static const pattern_case_t cases[] = {
    {"*[^x]*b", "a/b", 0}, {"*a*[b]", "aab", 1}, {"*?b", "\xE2\x98\xBA" "b", 1}, {"*ab*ab", "abab", 1},
      {"*ab*ab", "abaab", 1},
  };
  CHECK_PATTERNS(cases);
}

static void long_patterns_are_refused(void) {
  static char pattern[GLOB_PATTERN_MAX + 2];
  glob_t g;
  memset(pattern, 'a', sizeof pattern);
  CHECK_INT(glob_compile(&g, llmp_slice(pattern, GLOB_PATTERN_MAX + 1)), LLMP_E_LIMIT);
  glob_free(&g);
  CHECK_INT(glob_compile(&g, llmp_slice(pattern, GLOB_PATTERN_MAX)), LLMP_OK);
  CHECK(glob_match(&g, llmp_slice(pattern, GLOB_PATTERN_MAX)));
  glob_free(&g);
}

/* Every short pattern over a small alphabet compiles to something that stays inside its memory and that
 * agrees with itself whether it is matched alone or behind a star that has nothing to eat. */
static void all_short_patterns(void) {
  static const char alphabet[] = "a*?[]^-\\/b";
  size_t letters = sizeof alphabet - 1;
  for (size_t code = 0; code < 100000; code++) {
    char pattern[6] = "*";
    size_t n = 1;
    for (size_t rest = code; n < 6; rest /= letters) pattern[n++] = alphabet[rest % letters];
    glob_t alone, starred;
    CHECK_INT(glob_compile(&alone, llmp_slice(pattern + 1, 5)), LLMP_OK);
    CHECK_INT(glob_compile(&starred, llmp_slice(pattern, 6)), LLMP_OK);
    if (alone.well_formed != starred.well_formed) CHECK_FAIL("'%.5s' and its starred twin differ",
      pattern + 1);
    static const char *const texts[] = {"", "a", "b", "ab", "a/b", "*", "]", "aab", "^-"};
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
      llmp_str_t text = llmp_slice(texts[t], strlen(texts[t]));
      if (glob_match(&alone, text) && !glob_match(&starred, text) && pattern[1] != '*') {
        /* The star takes the first place that fits, which is this one: at the end of the text both agree. */
        CHECK_FAIL("'%.5s' matches '%s', its starred twin does not", pattern + 1, texts[t]);
      }
    }
    glob_free(&alone);
    glob_free(&starred);
  }
}

/* ------------------------------------------------------------------ values ------------------- */

typedef struct text_case { const char *json, *text; } text_case_t;

static void check_texts(const text_case_t *cases, size_t n) {
  for (size_t i = 0; i < n; i++) {
    llmp_buf_t scratch = {0};
    llmp_str_t text = {NULL, 0};
    size_t length = strlen(cases[i].json);
    char *exact = malloc(length); /* no NUL behind it */
    if (exact == NULL) return;
    memcpy(exact, cases[i].json, length);
    bool known = text_of_json(llmp_slice(exact, length), &scratch, &text);
    if (!known || !llmp_eq(text, llmp_slice(cases[i].text, strlen(cases[i].text)))) {
      CHECK_FAIL("%s is '%.*s', not '%s'", cases[i].json, (int)text.len, text.len ? text.ptr : "",
        cases[i].text);
    }
    llmp_buf_free(&scratch);
    free(exact);
  }
}
#define CHECK_TEXTS(cases) check_texts(cases, sizeof cases / sizeof *cases)

static void numbers_as_go_prints_them(void) {
  static const text_case_t cases[] = {
    {"0", "0"}, {"-0", "-0"}, {"0.0", "0"}, {"1", "1"}, {"-1", "-1"}, {"1.0", "1"}, {"1.50", "1.5"},
      {"0.7", "0.7"},
    {"0.1", "0.1"}, {"3.14159", "3.14159"}, {"100", "100"}, {"123456", "123456"}, {"999999", "999999"},
    {"1000000", "1e+06"}, {"1e6", "1e+06"}, {"1234567", "1.234567e+06"}, {"1234567.8", "1.2345678e+06"},
    {"2000000", "2e+06"}, {"200000", "200000"}, {"123456.789", "123456.789"}, {"0.0001", "0.0001"},
    {"0.00012", "0.00012"}, {"0.00001", "1e-05"}, {"0.000012345", "1.2345e-05"}, {"1e-5", "1e-05"},
      {"1E2", "100"},
    {"1e+2", "100"}, {"12e-1", "1.2"}, {"1e21", "1e+21"}, {"1e100", "1e+100"}, {"1e-100", "1e-100"},
    {"1.7976931348623157e308", "1.7976931348623157e+308"}, {"5e-324", "5e-324"}, {"1e-400", "0"},
      {"-1e-400", "-0"},
    {"1e400", "+Inf"}, {"-1e400", "-Inf"}, {"0.30000000000000004", "0.30000000000000004"}, {"0.3", "0.3"},
    {"9007199254740993", "9.007199254740992e+15"}, {"100000000000000000000000", "1e+23"}, {"4096", "4096"},
    {"128000", "128000"}, {"1000000.5", "1.0000005e+06"}, {"0.1e1", "1"}, {"1e0000000000000000000001", "10"},
    {"1e99999999999999999999", "+Inf"}, {"1e-99999999999999999999", "0"}, {"-12.5", "-12.5"},
      {"2.5e-3", "0.0025"},
    {"8.20907360259675250e-289", "8.209073602596753e-289"}, {"6.5185151242703555e+91",
      "6.518515124270356e+91"},
  };
  CHECK_TEXTS(cases);
}

static void other_values(void) {
  static const text_case_t cases[] = {
    {"\"gpt-4o\"", "gpt-4o"}, {"\"\"", ""}, {"true", "true"}, {"false", "false"}, {"null", "<nil>"},
      {"[]", "[]"},
    {"{}", "map[]"}, {"[\"a\",\"b\"]", "[a b]"}, {"[1,0.5,null,true]", "[1 0.5 <nil> true]"},
    {"[ [1] , {\"k\" : \"v\"} ]", "[[1] map[k:v]]"}, {"{\"b\":1,\"a\":\"x\"}", "map[a:x b:1]"},
    {"{\"a\":1,\"a\":2}", "map[a:2]"}, {"{\"a\":{\"c\":[]},\"B\":null}", "map[B:<nil> a:map[c:[]]]"},
    {"{\"ab\":1,\"a\":2}", "map[a:2 ab:1]"}, {"{\"\\u0061\":1,\"a\":2}", "map[a:2]"},
  };
  CHECK_TEXTS(cases);
}

static void strings_are_unescaped(void) {
  static const text_case_t cases[] = {
    {"\"gpt\\u002d4o\"", "gpt-4o"}, {"\"a\\/b\"", "a/b"}, {"\"\\\"\\\\\"", "\"\\"},
      {"\"\\b\\f\\n\\r\\t\"", "\b\f\n\r\t"},
    {"\"\\u263a\"", "\xE2\x98\xBA"}, {"\"\\u00E9\"", "\xC3\xA9"}, {"\"\\ud83d\\ude00\"", "\xF0\x9F\x98\x80"},
    {"\"\\ud83d\"", "\xEF\xBF\xBD"}, {"\"\\ude00x\"", "\xEF\xBF\xBDx"}, {"\"\\ud83dx\"", "\xEF\xBF\xBDx"},
    {"\"\\ud83d\\u0041\"", "\xEF\xBF\xBD" "A"}, {"\"\\ud83d\\ud83d\\ude00\"", "\xEF\xBF\xBD\xF0\x9F\x98\x80"},
    {"\"a\xFFz\"", "a\xEF\xBF\xBDz"}, {"\"\xE2\x98\"", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\"\xE2\x98\xBA\"", "\xE2\x98\xBA"},
    {"\"\xED\xA0\x80\"", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\"\xC0\x80\"", "\xEF\xBF\xBD\xEF\xBF\xBD"},
  };
  CHECK_TEXTS(cases);
}

static void what_is_too_much_has_no_text(void) {
  llmp_buf_t json = {0}, scratch = {0};
  llmp_str_t text;
  for (int i = 0; i < 70; i++) llmp_buf_char(&json, '[');
  for (int i = 0; i < 70; i++) llmp_buf_char(&json, ']');
  CHECK(!text_of_json(llmp_buf_view(&json), &scratch, &text));
  json.len = 0;
  llmp_buf_free(&scratch);
  llmp_buf_char(&json, '"');
  for (size_t i = 0; i < TEXT_MAX; i++) llmp_buf_char(&json, 'x');
  llmp_buf_char(&json, '"');
  CHECK(!text_of_json(llmp_buf_view(&json), &scratch, &text));
  llmp_buf_free(&scratch);
  llmp_buf_free(&json);
}

static void cleaned(const char *text, size_t n, size_t max, const char *wanted) {
  llmp_buf_t out = {0};
  text_add_clean(&out, llmp_slice(text, n), max);
  CHECK_SLICE(llmp_buf_view(&out), llmp_slice(wanted, strlen(wanted)));
  llmp_buf_free(&out);
}

static void messages_are_clean(void) {
  cleaned("a\nb\r\x00\x7f", 6, 100, "a?b???");
  cleaned("\xC2\x85\xE2\x80\xAE\xFFx", 7, 100, "???x");
  cleaned("abcdef", 6, 3, "abc...");
  cleaned("ab\xE2\x98\xBA", 5, 4, "ab...");
  cleaned("ab\xE2\x98\xBA", 5, 5, "ab\xE2\x98\xBA");
}

static const check_case_t cases[] = {
  {"literals and stars match as in Go", literals_and_stars},
  {"question marks take one character, not one byte", question_marks_and_utf8},
  {"sets, ranges and negation", sets},
  {"escapes", escapes},
  {"malformed patterns match nothing", malformed_patterns_match_nothing},
  {"a star takes the leftmost fit for good", stars_do_not_think_again},
  {"patterns have a longest length", long_patterns_are_refused},
  {"every short pattern is safe", all_short_patterns},
  {"numbers read as Go prints them", numbers_as_go_prints_them},
  {"other values read as Go prints them", other_values},
  {"strings are unescaped", strings_are_unescaped},
  {"values too long or too deep have no text", what_is_too_much_has_no_text},
  {"messages hold no controls and are cut", messages_are_clean},
};
CHECK_MAIN(cases)
