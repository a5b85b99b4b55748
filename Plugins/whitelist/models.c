#include "models.h"

static const llmp_str_t json_only[] = {
  LLMP_LIT("/chat/completions"), LLMP_LIT("/completions"), LLMP_LIT("/responses"), LLMP_LIT("/embeddings"),
  LLMP_LIT("/moderations"), LLMP_LIT("/images/generations"), LLMP_LIT("/audio/speech"), LLMP_LIT("/messages"),
};
static const llmp_str_t forms[] = {
  LLMP_LIT("/images/edits"), LLMP_LIT("/images/variations"), LLMP_LIT("/audio/transcriptions"),
  LLMP_LIT("/audio/translations"),
};

static bool ends_with_any(llmp_str_t path, const llmp_str_t *ends, size_t n) {
  while (path.len > 1 && path.ptr[path.len - 1] == '/') path.len--;
  for (size_t i = 0; i < n; i++) {
    if (path.len < ends[i].len) continue;
    if (llmp_eq(llmp_slice(path.ptr + path.len - ends[i].len, ends[i].len), ends[i])) return true;
  }
  return false;
}

bool models_path_takes_json(llmp_str_t path) {
  return ends_with_any(path, json_only, sizeof json_only / sizeof *json_only);
}

bool models_path_needs_one(llmp_str_t path) {
  return models_path_takes_json(path) || ends_with_any(path, forms, sizeof forms / sizeof *forms);
}

static int hex_digit(char c) {
  return c >= '0' && c <= '9' ? c - '0' : llmp_lower(c) >= 'a' && llmp_lower(c) <= 'f' ? llmp_lower(c) - 'a' + 10 : -1;
}

/* Whether a pair of a query begins with `model=`, however its letters are written; *used is behind it. */
static bool names_model(llmp_str_t pair, size_t *used) {
  const llmp_str_t name = LLMP_S("model");
  size_t at = 0;
  for (size_t i = 0; i < name.len; i++) {
    if (at == pair.len) return false;
    char c = pair.ptr[at++];
    if (c == '%' && pair.len - at >= 2 && hex_digit(pair.ptr[at]) >= 0 && hex_digit(pair.ptr[at + 1]) >= 0) {
      c = (char)(hex_digit(pair.ptr[at]) << 4 | hex_digit(pair.ptr[at + 1]));
      at += 2;
    }
    if (llmp_lower(c) != name.ptr[i]) return false;
  }
  *used = at + 1;
  return at < pair.len && pair.ptr[at] == '=';
}

bool models_in_query(llmp_str_t query, size_t nth, llmp_str_t *value) {
  while (query.len > 0) {
    const char *ampersand = memchr(query.ptr, '&', query.len);
    size_t n = ampersand != NULL ? (size_t)(ampersand - query.ptr) : query.len, used = 0;
    llmp_str_t pair = llmp_slice(query.ptr, n);
    if (names_model(pair, &used) && nth-- == 0) {
      *value = llmp_slice(pair.ptr + used, pair.len - used);
      return true;
    }
    used = ampersand != NULL ? n + 1 : n;
    query = llmp_slice(query.ptr + used, query.len - used);
  }
  return false;
}

/* ------------------------------------------------------------------ multipart ---------------- */

/* The end of the line that begins at `from`, without its line break; *next is behind it. CR alone ends a line
 * too: to some parsers it does, and to look at more lines than another one hides nothing. */
static size_t line_end(llmp_str_t body, size_t from, size_t *next) {
  size_t end = from;
  while (end < body.len && body.ptr[end] != '\n' && body.ptr[end] != '\r') end++;
  bool is_pair = end + 1 < body.len && body.ptr[end] == '\r' && body.ptr[end + 1] == '\n';
  *next = end == body.len ? end : end + (is_pair ? 2 : 1);
  return end;
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static size_t skip_blanks(llmp_str_t line, size_t at) {
  while (at < line.len && is_blank(line.ptr[at])) at++;
  return at;
}

/* The value of the parameter `name` from `at`, behind its `=`, on; *end is behind it. What some parsers decode
 * or read on behind is UNCLEAR. */
static models_part_t parameter_value(llmp_str_t line, size_t at, llmp_str_t *value, size_t *end) {
  at = skip_blanks(line, at);
  bool quoted = at < line.len && line.ptr[at] == '"';
  if (quoted) at++;
  size_t i = at;
  while (i < line.len && line.ptr[i] != (quoted ? '"' : ';')) {
    if (strchr("\\%=", line.ptr[i]) != NULL || (!quoted && line.ptr[i] == '"')) return MODELS_UNCLEAR;
    i++;
  }
  *value = llmp_trim(llmp_slice(line.ptr + at, i - at));
  if (quoted) i = skip_blanks(line, i + 1);
  *end = i;
  return quoted && i < line.len && line.ptr[i] != ';' ? MODELS_UNCLEAR : MODELS_PART;
}

/* The parameter `name` of a Content-Disposition line. `name*` and a second name could be read as another name
 * by somebody. */
static models_part_t part_name(llmp_str_t line, llmp_str_t *name) {
  models_part_t found = MODELS_NO_PART;
  for (size_t i = 1; i + 5 <= line.len; i++) {
    bool begins = line.ptr[i - 1] == ';' || is_blank(line.ptr[i - 1]);
    if (!begins || !llmp_ieq(llmp_slice(line.ptr + i, 4), LLMP_S("name"))) continue;
    size_t at = skip_blanks(line, i + 4);
    if (at < line.len && line.ptr[at] == '*') return MODELS_UNCLEAR;
    if (at == line.len || line.ptr[at] != '=') continue;
    if (found == MODELS_PART) return MODELS_UNCLEAR;
    found = parameter_value(line, at + 1, name, &i);
    if (found == MODELS_UNCLEAR) return found;
  }
  return found;
}

/* The value behind the blank line that ends the part's headers. */
static llmp_str_t part_value(llmp_str_t body, size_t from, size_t *at) {
  size_t next = from;
  while (next < body.len && line_end(body, next, &from) > next) next = from;
  size_t start = next < body.len ? from : body.len, end = body.len;
  for (size_t i = start; i + 2 < body.len; i++) {
    bool breaks = body.ptr[i] == '\n' || body.ptr[i] == '\r';
    if (!breaks || body.ptr[i + 1] != '-' || body.ptr[i + 2] != '-') continue;
    end = body.ptr[i] == '\n' && i > start && body.ptr[i - 1] == '\r' ? i - 1 : i;
    break;
  }
  *at = end;
  return llmp_slice(body.ptr + start, end - start);
}

models_part_t models_next_part(llmp_str_t body, size_t *at, llmp_str_t *value) {
  const llmp_str_t field = LLMP_S("content-disposition");
  for (size_t line = *at, next; line < body.len; line = next) {
    size_t end = line_end(body, line, &next);
    llmp_str_t text = llmp_slice(body.ptr + line, end - line), name = {NULL, 0};
    if (!llmp_istarts(text, field)) continue;
    /* A folded header: what its next line holds is part of it to some parsers only. */
    if (next < body.len && is_blank(body.ptr[next])) return MODELS_UNCLEAR;
    models_part_t found = part_name(text, &name);
    if (found == MODELS_UNCLEAR) return found;
    if (found == MODELS_NO_PART || !llmp_ieq(name, LLMP_S("model"))) continue;
    *value = part_value(body, next, at);
    return MODELS_PART;
  }
  *at = body.len;
  return MODELS_NO_PART;
}
