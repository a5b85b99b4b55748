/* Memory that is lent, header maps, and the request table. */
#include "fakehost.h"

int check_failures;
const char *check_argument = "";

/* ------------------------------------------------------------------ memory ------------------- */

char *fh_copy(const char *bytes, size_t n) {
  char *copy = malloc(n + 1);
  if (copy == NULL) abort();
  if (n > 0) memcpy(copy, bytes, n);
  copy[n] = 0;
  return copy;
}

llmp_str_t fh_lend(fh_request_t *q, int map, const char *bytes, size_t n) {
  if (n == 0) return llmp_slice(NULL, 0);
  fh_lent_t *lent = malloc(sizeof *lent);
  if (lent == NULL || (lent->bytes = malloc(n)) == NULL) abort();
  memcpy(lent->bytes, bytes, n);
  lent->len = n;
  lent->map = map;
  lent->next = q->lent;
  q->lent = lent;
  return llmp_slice(lent->bytes, n);
}

void fh_take_back(fh_request_t *q, int map) {
  for (fh_lent_t **at = &q->lent; *at != NULL;) {
    fh_lent_t *lent = *at;
    if (map >= 0 && lent->map != map) {
      at = &lent->next;
      continue;
    }
    *at = lent->next;
    memset(lent->bytes, 0xDD, lent->len);
    free(lent->bytes);
    free(lent);
  }
}

void fh_need_hook(fh_request_t *q, const char *function) {
  if (!q->host->in_hook) CHECK_FAIL("%s outside a hook", function);
  if (q->over) CHECK_FAIL("%s after the request ended", function);
}

/* ------------------------------------------------------------------ maps --------------------- */

void fh_map_free(fh_map_t *map) {
  for (size_t i = 0; i < map->n; i++) {
    free(map->fields[i].name);
    free(map->fields[i].value);
  }
  free(map->fields);
  memset(map, 0, sizeof *map);
}

void fh_map_add(fh_map_t *map, llmp_str_t name, llmp_str_t value) {
  map->fields = realloc(map->fields, (map->n + 1) * sizeof *map->fields);
  if (map->fields == NULL) abort();
  fh_field_t *field = &map->fields[map->n++];
  field->name = fh_copy(name.ptr, name.len);
  field->value = fh_copy(value.ptr, value.len);
  for (char *p = field->name; *p != 0; p++) *p = llmp_lower(*p);
}

bool fh_map_remove(fh_map_t *map, llmp_str_t name) {
  size_t kept = 0;
  for (size_t i = 0; i < map->n; i++) {
    fh_field_t field = map->fields[i];
    if (llmp_ieq(llmp_slice(field.name, strlen(field.name)), name)) {
      free(field.name);
      free(field.value);
    } else {
      map->fields[kept++] = field;
    }
  }
  bool removed = kept != map->n;
  map->n = kept;
  return removed;
}

const char *fh_value(const fh_map_t *map, const char *name, size_t nth) {
  for (size_t i = 0; i < map->n; i++) {
    if (strcmp(map->fields[i].name, name) == 0 && nth-- == 0) return map->fields[i].value;
  }
  return NULL;
}

/* ------------------------------------------------------------------ attributes, headers ------ */

static fh_request_t *in_hook(llmp_req_t *r, const char *function) {
  fh_request_t *q = (fh_request_t *)r;
  fh_need_hook(q, function);
  return q;
}

static llmp_status_t attr_get(llmp_req_t *r, llmp_attr_t a, llmp_str_t *value) {
  fh_request_t *q = in_hook(r, "attr_get");
  const char *text = a == LLMP_ATTR_METHOD ? q->method : a == LLMP_ATTR_PATH ? q->path : a == LLMP_ATTR_QUERY
    ? q->query
                   : a == LLMP_ATTR_REQUEST_ID ? q->request_id : a == LLMP_ATTR_CLIENT_ADDR ? q->client
                     : NULL;
  if (text == NULL) return LLMP_E_UNSUPPORTED;
  *value = fh_lend(q, -1, text, strlen(text));
  return LLMP_OK;
}

static llmp_status_t hdr_get(llmp_req_t *r, llmp_map_t m, llmp_str_t name, size_t nth, llmp_str_t *value) {
  fh_request_t *q = in_hook(r, "hdr_get");
  for (size_t i = 0; i < q->maps[m].n; i++) {
    const fh_field_t *field = &q->maps[m].fields[i];
    if (!llmp_ieq(llmp_slice(field->name, strlen(field->name)), name) || nth-- != 0) continue;
    *value = fh_lend(q, (int)m, field->value, strlen(field->value));
    return LLMP_OK;
  }
  return LLMP_E_NOT_FOUND;
}

static bool is_safe(llmp_str_t s) {
  for (size_t i = 0; i < s.len; i++) {
    if (s.ptr[i] == '\r' || s.ptr[i] == '\n' || s.ptr[i] == 0) return false;
  }
  return true;
}

static llmp_status_t edit(llmp_req_t *r, llmp_map_t m, llmp_str_t name, llmp_str_t value, bool replace,
  const char *function) {
  fh_request_t *q = in_hook(r, function);
  if (m == LLMP_MAP_UPSTREAM_RESPONSE || !is_safe(name) || !is_safe(value)) return LLMP_E_INVALID;
  char *kept_name = fh_copy(name.ptr, name.len), *kept_value = fh_copy(value.ptr, value.len);
  if (replace) (void)fh_map_remove(&q->maps[m], name);
  fh_map_add(&q->maps[m], llmp_slice(kept_name, name.len), llmp_slice(kept_value, value.len));
  free(kept_name);
  free(kept_value);
  fh_take_back(q, (int)m);
  return LLMP_OK;
}

static llmp_status_t hdr_set(llmp_req_t *r, llmp_map_t m, llmp_str_t name, llmp_str_t value) {
  return edit(r, m, name, value, true, "hdr_set");
}

static llmp_status_t hdr_add(llmp_req_t *r, llmp_map_t m, llmp_str_t name, llmp_str_t value) {
  return edit(r, m, name, value, false, "hdr_add");
}

static llmp_status_t hdr_remove(llmp_req_t *r, llmp_map_t m, llmp_str_t name) {
  fh_request_t *q = in_hook(r, "hdr_remove");
  bool removed = fh_map_remove(&q->maps[m], name);
  fh_take_back(q, (int)m);
  return removed ? LLMP_OK : LLMP_E_NOT_FOUND;
}

static llmp_status_t body_get(llmp_req_t *r, llmp_map_t m, llmp_str_t *bytes) {
  fh_request_t *q = in_hook(r, "body_get");
  if (m != LLMP_MAP_REQUEST || q->body == NULL) return LLMP_E_STATE;
  *bytes = fh_lend(q, -1, q->body, q->body_len);
  return LLMP_OK;
}

/* ------------------------------------------------------------------ replies ------------------ */

static llmp_status_t answer(fh_request_t *q, uint32_t status, const llmp_header_t *h, size_t n) {
  if (q->responded) CHECK_FAIL("answered twice");
  q->responded = true;
  q->status = status;
  for (size_t i = 0; i < n; i++) fh_map_add(&q->reply_headers, h[i].name, h[i].value);
  return LLMP_OK;
}

static llmp_status_t respond(llmp_req_t *r, uint32_t status, const llmp_header_t *h, size_t n,
  llmp_str_t body) {
  fh_request_t *q = in_hook(r, "respond");
  free(q->reply);
  q->reply = fh_copy(body.ptr, body.len);
  q->reply_len = body.len;
  return answer(q, status, h, n);
}

static llmp_status_t respond_error(llmp_req_t *r, uint32_t status, llmp_str_t type, llmp_str_t code,
  llmp_str_t message) {
  fh_request_t *q = in_hook(r, "respond_error");
  q->type = fh_copy(type.ptr, type.len);
  q->code = fh_copy(code.ptr, code.len);
  q->message = fh_copy(message.ptr, message.len);
  return answer(q, status, NULL, 0);
}

static llmp_status_t respond_stream(llmp_req_t *r, uint32_t status, const llmp_header_t *h, size_t n) {
  fh_request_t *q = in_hook(r, "respond_stream");
  q->streaming = true;
  return answer(q, status, h, n);
}

/* ------------------------------------------------------------------ the rest ----------------- */

static llmp_status_t meta_get_str(llmp_req_t *r, llmp_key_t k, llmp_str_t *v) {
  fh_request_t *q = in_hook(r, "meta_get_str");
  if (k != LLMP_META_PROJECT_ID || q->project_id == NULL) return LLMP_E_NOT_FOUND;
  *v = fh_lend(q, -1, q->project_id, strlen(q->project_id));
  return LLMP_OK;
}

static llmp_status_t meta_set_str(llmp_req_t *r, llmp_key_t k, llmp_str_t v) {
  fh_request_t *q = in_hook(r, "meta_set_str");
  if (k != LLMP_META_MODEL_RESOLVED) return LLMP_E_DENIED;
  free(q->model_resolved);
  q->model_resolved = fh_copy(v.ptr, v.len);
  return LLMP_OK;
}

static llmp_status_t exchange_get(llmp_req_t *r, llmp_exchange_t *x) {
  fh_request_t *q = in_hook(r, "exchange_get");
  uint32_t size = x->struct_size;
  *x = q->exchange;
  x->struct_size = size;
  return LLMP_OK;
}

void fh_note_log(fh_t *h, llmp_str_t message, llmp_str_t fields) {
  size_t old = h->logged != NULL ? strlen(h->logged) : 0;
  h->logged = realloc(h->logged, old + message.len + fields.len + 3);
  if (h->logged == NULL) abort();
  (void)sprintf(h->logged + old, "%.*s %.*s\n", (int)message.len, message.ptr, (int)fields.len, fields.len
    ? fields.ptr : "");
}

static void request_log(llmp_req_t *r, llmp_level_t level, llmp_str_t message, llmp_str_t fields) {
  (void)level;
  fh_note_log(in_hook(r, "log")->host, message, fields);
}

static llmp_req_ref_t *ref(llmp_req_t *r) {
  fh_request_t *q = in_hook(r, "ref");
  llmp_req_ref_t *f = malloc(sizeof *f);
  if (f == NULL) abort();
  f->opaque_ = q->host;
  q->host->refs++;
  return f;
}

static void ref_release(llmp_req_ref_t *f) {
  fh_t *h = f->opaque_;
  h->refs--;
  free(f);
}

static fh_request_t *living(llmp_req_ref_t *f) { return ((fh_t *)f->opaque_)->request; }

static llmp_status_t resume(llmp_req_ref_t *f, uint64_t cookie) {
  fh_request_t *q = living(f);
  if (q == NULL || q->over) return LLMP_E_STATE;
  fh_event_t *event = calloc(1, sizeof *event);
  if (event == NULL) abort();
  *event = (fh_event_t){LLMP_EV_RESUME, cookie, NULL};
  fh_event_t **at = &q->events;
  while (*at != NULL) at = &(*at)->next;
  *at = event;
  return LLMP_OK;
}

static llmp_status_t stream_write(llmp_req_ref_t *f, llmp_str_t bytes) {
  fh_request_t *q = living(f);
  if (q == NULL || q->over || !q->streaming || q->stream_ended) return LLMP_E_STATE;
  if (bytes.len > q->stream_room) {
    q->wants_room = true;
    return LLMP_E_WOULD_BLOCK;
  }
  q->stream_room -= bytes.len;
  q->reply = realloc(q->reply, q->reply_len + bytes.len + 1);
  if (q->reply == NULL) abort();
  memcpy(q->reply + q->reply_len, bytes.ptr, bytes.len);
  q->reply_len += bytes.len;
  q->reply[q->reply_len] = 0;
  return LLMP_OK;
}

static llmp_status_t stream_end(llmp_req_ref_t *f) {
  fh_request_t *q = living(f);
  if (q == NULL || q->over || !q->streaming || q->stream_ended) return LLMP_E_STATE;
  q->stream_ended = true;
  return LLMP_OK;
}

const llmp_request_api_t fh_request_api = {
  .struct_size = sizeof fh_request_api,
  .attr_get = attr_get,
  .hdr_get = hdr_get, .hdr_set = hdr_set, .hdr_add = hdr_add, .hdr_remove = hdr_remove,
  .body_get = body_get,
  .respond = respond, .respond_error = respond_error, .respond_stream = respond_stream,
  .meta_get_str = meta_get_str, .meta_set_str = meta_set_str,
  .exchange_get = exchange_get,
  .log = request_log,
  .ref = ref, .ref_release = ref_release, .resume = resume,
  .stream_write = stream_write, .stream_end = stream_end,
};
