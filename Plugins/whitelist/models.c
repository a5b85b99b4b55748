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

bool models_in_query(llmp_str_t query, size_t nth, llmp_str_t *value) {
  while (query.len > 0) {
    const char *ampersand = memchr(query.ptr, '&', query.len);
    size_t n = ampersand != NULL ? (size_t)(ampersand - query.ptr) : query.len;
    llmp_str_t pair = llmp_slice(query.ptr, n);
    if (llmp_starts(pair, LLMP_S("model=")) && nth-- == 0) {
      *value = llmp_slice(pair.ptr + 6, pair.len - 6);
      return true;
    }
    size_t used = ampersand != NULL ? n + 1 : n;
    query = llmp_slice(query.ptr + used, query.len - used);
  }
  return false;
}

/* ------------------------------------------------------------------ multipart ---------------- */

/* The end of the line that begins at `from`, without its line break; *next is behind it. */
static size_t line_end(llmp_str_t body, size_t from, size_t *next) {
  const char *feed = memchr(body.ptr + from, '\n', body.len - from);
  size_t end = feed != NULL ? (size_t)(feed - body.ptr) : body.len;
  *next = feed != NULL ? end + 1 : end;
  return end > from && body.ptr[end - 1] == '\r' ? end - 1 : end;
}

/* The parameter `name` of a Content-Disposition line. `name*`, escapes and a second name could be read
 * as another name by somebody. */
static models_part_t part_name(llmp_str_t line, llmp_str_t *name) {
  models_part_t found = MODELS_NO_PART;
  for (size_t i = 0; i + 5 <= line.len; i++) {
    bool begins = i > 0 && (line.ptr[i - 1] == ';' || line.ptr[i - 1] == ' ' || line.ptr[i - 1] == '\t');
    if (!begins || !llmp_ieq(llmp_slice(line.ptr + i, 4), LLMP_S("name"))) continue;
    size_t at = i + 4;
    while (at < line.len && (line.ptr[at] == ' ' || line.ptr[at] == '\t')) at++;
    if (at < line.len && line.ptr[at] == '*') return MODELS_UNCLEAR;
    if (at == line.len || line.ptr[at] != '=') continue;
    if (found == MODELS_PART) return MODELS_UNCLEAR;
    size_t end = ++at;
    bool quoted = at < line.len && line.ptr[at] == '"';
    if (quoted) end = ++at;
    while (end < line.len && line.ptr[end] != (quoted ? '"' : ';')) {
      if (line.ptr[end] == '\\' || line.ptr[end] == '%') return MODELS_UNCLEAR;
      end++;
    }
    *name = llmp_trim(llmp_slice(line.ptr + at, end - at));
    found = MODELS_PART;
    i = end;
  }
  return found;
}

/* The value behind the blank line that ends the part's headers. */
static llmp_str_t part_value(llmp_str_t body, size_t from, size_t *at) {
  size_t next = from;
  while (next < body.len && line_end(body, next, &from) > next) next = from;
  size_t start = next < body.len ? from : body.len, end = body.len;
  for (size_t i = start; i + 2 < body.len; i++) {
    if (body.ptr[i] != '\n' || body.ptr[i + 1] != '-' || body.ptr[i + 2] != '-') continue;
    end = i > start && body.ptr[i - 1] == '\r' ? i - 1 : i;
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
    models_part_t found = part_name(text, &name);
    if (found == MODELS_UNCLEAR) return found;
    if (found == MODELS_NO_PART || !llmp_ieq(name, LLMP_S("model"))) continue;
    *value = part_value(body, next, at);
    return MODELS_PART;
  }
  *at = body.len;
  return MODELS_NO_PART;
}
