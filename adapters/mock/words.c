/* The text of an answer: it repeats what was asked and goes on with words that mean nothing, always
 * the same for the same request. */
#include "adapter.h"

#include <stdlib.h>

#define ECHOED_WORDS 12
#define ECHOED_BYTES 48
#define HEAD_WORDS 3

static const llmp_str_t head[HEAD_WORDS] = {LLMP_LIT("Mock"), LLMP_LIT("reply"), LLMP_LIT("to:")};

static const llmp_str_t vocabulary[] = {
  LLMP_LIT("amber"), LLMP_LIT("basin"), LLMP_LIT("cedar"), LLMP_LIT("delta"), LLMP_LIT("ember"),
    LLMP_LIT("fjord"),
  LLMP_LIT("gravel"), LLMP_LIT("harbor"), LLMP_LIT("island"), LLMP_LIT("juniper"), LLMP_LIT("kelp"),
  LLMP_LIT("lantern"), LLMP_LIT("meadow"), LLMP_LIT("north"), LLMP_LIT("orchard"), LLMP_LIT("pebble"),
  LLMP_LIT("quartz"), LLMP_LIT("river"), LLMP_LIT("summit"), LLMP_LIT("timber"), LLMP_LIT("under"),
  LLMP_LIT("valley"), LLMP_LIT("willow"), LLMP_LIT("yarrow"), LLMP_LIT("zephyr"),
};
#define VOCABULARY (sizeof vocabulary / sizeof *vocabulary)

/* ------------------------------------------------------------------ reading ------------------ */

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* The next word of *rest; false when there is none. */
static bool next_word(llmp_str_t *rest, llmp_str_t *word) {
  size_t i = 0;
  while (i < rest->len && is_space(rest->ptr[i])) i++;
  size_t start = i;
  while (i < rest->len && !is_space(rest->ptr[i])) i++;
  *word = llmp_slice(rest->ptr + start, i - start);
  *rest = llmp_slice(rest->ptr + i, rest->len - i);
  return word->len > 0;
}

prompt_t prompt_begin(void) {
  return (prompt_t){.hash = 0xCBF29CE484222325u, .last = LLMP_LIT("")};
}

/* FNV-1a, with a byte after each text so that ("ab", "c") is not ("a", "bc"). */
void prompt_add(prompt_t *p, llmp_str_t text) {
  llmp_str_t rest = text, word;
  for (size_t i = 0; i < text.len; i++) p->hash = (p->hash ^ (unsigned char)text.ptr[i]) * 0x100000001B3u;
  p->hash = (p->hash ^ 0xFFu) * 0x100000001B3u;
  while (next_word(&rest, &word)) p->words++;
  p->last = text;
}

void prompt_add_content(prompt_t *p, json_t *content) {
  if (json_is_string(content)) {
    prompt_add(p, llmp_slice(json_string_value(content), json_string_length(content)));
    return;
  }
  size_t i;
  json_t *part;
  json_array_foreach(content, i, part) {
    json_t *text = json_is_object(part) ? json_object_get(part, "text") : part;
    if (json_is_string(text)) prompt_add(p, llmp_slice(json_string_value(text), json_string_length(text)));
  }
}

uint64_t next_number(uint64_t *state) { /* splitmix64 */
  uint64_t z = *state += 0x9E3779B97F4A7C15u;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}

/* ------------------------------------------------------------------ writing ------------------ */

/* At most ECHOED_BYTES, no character cut in two. */
static llmp_str_t shorten(llmp_str_t word) {
  if (word.len <= ECHOED_BYTES) return word;
  size_t n = ECHOED_BYTES;
  while (n > 0 && ((unsigned char)word.ptr[n] & 0xC0) == 0x80) n--;
  return llmp_slice(word.ptr, n);
}

bool answer_write(answer_t *a, const prompt_t *p, size_t fixed, size_t limit) {
  uint64_t state = p->hash;
  llmp_str_t rest = p->last, word;
  size_t echoed = 0;
  while (echoed < ECHOED_WORDS && next_word(&rest, &word)) echoed++;
  size_t words = fixed > 0 ? fixed : HEAD_WORDS + echoed + 8 + next_number(&state) % 16;
  a->truncated = limit > 0 && words > limit;
  if (a->truncated) words = limit;
  a->starts = calloc(words + 1, sizeof *a->starts);
  if (a->starts == NULL) return !(a->text.failed = true);
  rest = p->last;
  for (a->words = 0; a->words < words; a->words++) {
    size_t i = a->words;
    a->starts[i] = a->text.len;
    if (i > 0) llmp_buf_char(&a->text, ' ');
    bool echo = i >= HEAD_WORDS && i < HEAD_WORDS + echoed && next_word(&rest, &word);
    llmp_buf_str(&a->text, i < HEAD_WORDS ? head[i] : echo ? shorten(word)
      : vocabulary[next_number(&state) % VOCABULARY]);
  }
  if (!a->truncated) llmp_buf_char(&a->text, '.');
  a->starts[words] = a->text.len;
  return !a->text.failed;
}

llmp_str_t answer_word(const answer_t *a, size_t i) {
  return llmp_slice(a->text.ptr + a->starts[i], a->starts[i + 1] - a->starts[i]);
}
