/* mock_checks.h - what the tests of the mock adapter share. */
#ifndef MOCK_CHECKS_H
#define MOCK_CHECKS_H

#include <jansson.h>

#include "fakehost.h"

#define CHAT "/v1/chat/completions"
#define HELLO "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello there, mock\"}]"

static inline fh_t *opened(const char *config) {
  fh_t *h = fh_open(check_argument);
  CHECK_INT(fh_create(h, config, NULL), LLMP_OK);
  return h;
}

/* The answer as JSON; the caller decrefs. */
static inline json_t *answered(fh_request_t *q, uint32_t status) {
  CHECK(q->responded);
  CHECK_INT(q->status, status);
  CHECK_TEXT(fh_value(&q->reply_headers, "content-type", 0), "application/json");
  json_t *root = q->reply != NULL ? json_loadb(q->reply, q->reply_len, 0, NULL) : NULL;
  if (root == NULL) CHECK_FAIL("the answer is not JSON: %s", q->reply ? q->reply : "");
  return root;
}

/* Value at a path such as "choices.0.message.content". */
static inline json_t *at(json_t *root, const char *path) {
  char part[64];
  while (root != NULL && *path != 0) {
    size_t n = strcspn(path, ".");
    (void)snprintf(part, sizeof part, "%.*s", (int)n, path);
    root = json_is_array(root) ? json_array_get(root, strtoul(part, NULL, 10)) : json_object_get(root, part);
    path += n + (path[n] == '.' ? 1 : 0);
  }
  return root;
}

static inline const char *text_at(json_t *root, const char *path) { return json_string_value(at(root,
  path)); }
static inline long long int_at(json_t *root, const char *path) { return json_integer_value(at(root, path)); }

static inline json_t *ask(fh_t *h, const char *method, const char *path, const char *body, uint32_t status) {
  fh_request_t *q = fh_begin(h, method, path, body);
  CHECK_INT(fh_prepare(q, ""), LLMP_RESPOND);
  return answered(q, status);
}

#endif /* MOCK_CHECKS_H */
