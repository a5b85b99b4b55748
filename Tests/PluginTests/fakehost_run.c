/* Loading a plugin and driving its hooks. */
#include <dlfcn.h>

#include "fakehost.h"

/* ------------------------------------------------------------------ loading ------------------ */

static void host_log(llmp_ctx_t *c, llmp_level_t level, llmp_str_t message, llmp_str_t fields) {
  (void)level;
  fh_note_log((fh_t *)c, message, fields);
}

static uint64_t now_mono_ns(llmp_ctx_t *c) { return ((fh_t *)c)->mono_ms * 1000000; }
static int64_t now_unix_ms(llmp_ctx_t *c) { return FH_START_UNIX_MS + (int64_t)((fh_t *)c)->mono_ms; }

static void check_descriptor(fh_t *h, llmp_entry_fn entry, const llmp_loader_t *loader) {
  const llmp_module_t *m = h->module;
  llmp_loader_t future = *loader;
  future.abi_major = LLMP_ABI_MAJOR + 1;
  CHECK(entry(NULL) == NULL);
  CHECK(entry(&future) == NULL);
  CHECK(entry(loader) == m);
  CHECK_INT(m->struct_size, sizeof(llmp_module_t));
  CHECK_INT(m->abi_major, LLMP_ABI_MAJOR);
  CHECK_INT(m->n_components, 1);
  CHECK(llmp_starts(m->id, LLMP_S("org.llm-proxy.")));
  CHECK_SLICE(m->version, LLMP_S("0.2.0"));
  CHECK_SLICE(m->runtime, LLMP_S("c"));
  CHECK_INT(h->component->struct_size, sizeof(llmp_component_t));
  CHECK(h->component->config_schema.len > 0 && h->component->summary.len > 0);
}

fh_t *fh_open(const char *path) {
  llmp_loader_t loader = {.struct_size = sizeof loader, .abi_major = LLMP_ABI_MAJOR,
    .host_name = LLMP_LIT("fakehost")};
  fh_t *h = calloc(1, sizeof *h);
  if (h == NULL) abort();
  h->image = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (h->image == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(2);
  }
  llmp_entry_fn entry;
  void *symbol = dlsym(h->image, LLMP_ENTRY_SYMBOL);
  memcpy(&entry, &symbol, sizeof entry);
  h->module = entry != NULL ? entry(&loader) : NULL;
  if (h->module == NULL) {
    fprintf(stderr, "%s: no descriptor\n", path);
    exit(2);
  }
  h->component = h->module->components[0];
  check_descriptor(h, entry, &loader);
  h->table = (llmp_host_t){.struct_size = sizeof h->table, .abi_major = LLMP_ABI_MAJOR,
    .name = LLMP_LIT("llm-proxy"),
    .version = LLMP_LIT("9.8.7"), .ctx = &h->ctx, .req = &fh_request_api, .get_service = fh_service,
      .log = host_log,
    .now_mono_ns = now_mono_ns, .now_unix_ms = now_unix_ms};
  return h;
}

void fh_api(fh_t *h, const char *name, const char *settings_json) {
  h->api_names[h->n_apis] = name;
  h->api_settings[h->n_apis++] = settings_json;
}

fh_token_t *fh_add_token(fh_t *h, const char *secret, uint32_t state) {
  fh_token_t *token = &h->tokens[h->n_tokens++];
  *token = (fh_token_t){.secret = secret, .token_id = "t-1", .project_id = "p-1", .state = state};
  return token;
}

llmp_status_t fh_create(fh_t *h, const char *config, llmp_err_t *e) {
  llmp_err_t scratch = {.struct_size = sizeof scratch};
  if (e == NULL) e = &scratch;
  e->struct_size = sizeof *e;
  e->message[0] = 0;
  char *text = fh_copy(config, strlen(config)); /* gone as soon as create returned */
  llmp_create_t in = {.struct_size = sizeof in, .host = &h->table, .generation = 1,
    .instance = LLMP_LIT("tested"),
                      .config_json = {text, strlen(text)}};
  if (h->component->validate != NULL) {
    llmp_err_t other = {.struct_size = sizeof other};
    (void)h->component->validate(in.config_json, &other);
  }
  llmp_status_t status = h->component->create(&in, &h->inst, e);
  if (status != LLMP_OK &&
    (e->message[0] == 0 || h->inst != NULL)) CHECK_FAIL("create failed without a reason, or left something");
  if (status == LLMP_OK && e->message[0] != 0) CHECK_FAIL("create said '%s' and succeeded", e->message);
  free(text);
  return status;
}

void fh_close(fh_t *h) {
  if (h->request != NULL) fh_end(h->request);
  (void)fh_run(h);
  if (h->inst != NULL) h->component->destroy(h->inst);
  CHECK_INT(h->refs, 0);
  if (h->timers != NULL) CHECK_FAIL("a timer is left");
  free(h->logged);
  /* The image stays: a sanitizer reports leaks by the names of its functions. */
  free(h);
}

/* ------------------------------------------------------------------ requests ----------------- */

fh_request_t *fh_begin(fh_t *h, const char *method, const char *target, const char *body) {
  if (h->request != NULL) fh_end(h->request);
  fh_request_t *q = calloc(1, sizeof *q);
  if (q == NULL) abort();
  const char *mark = strchr(target, '?');
  q->host = h;
  q->method = fh_copy(method, strlen(method));
  q->path = fh_copy(target, mark != NULL ? (size_t)(mark - target) : strlen(target));
  q->query = mark != NULL ? fh_copy(mark + 1, strlen(mark + 1)) : fh_copy("", 0);
  q->request_id = fh_copy("req-1", 5);
  q->client = fh_copy("192.0.2.7", 9);
  q->forwarded_to = SIZE_MAX;
  q->stream_room = SIZE_MAX;
  q->usage = (llmp_usage_t){sizeof q->usage, 0, -1, -1, -1, -1, -1, -1, -1, -1};
  q->exchange = (llmp_exchange_t){.struct_size = sizeof q->exchange, .attempts = 1,
    .received_unix_ms = FH_START_UNIX_MS,
                                  .duration_us = 45678, .upstream_head_us = 40000,
                                    .upstream_connect_us = 1500};
  if (body != NULL) fh_body(q, body, strlen(body));
  h->request = q;
  return q;
}

void fh_body(fh_request_t *q, const char *bytes, size_t n) {
  free(q->body);
  q->body = fh_copy(bytes, n);
  q->body_len = n;
}

void fh_add(fh_request_t *q, llmp_map_t map, const char *name, const char *value) {
  fh_map_add(&q->maps[map], llmp_slice(name, strlen(name)), llmp_slice(value, strlen(value)));
}

static void enter(fh_request_t *q) {
  q->host->in_hook = true;
  q->error = (llmp_err_t){.struct_size = sizeof q->error};
}

/* R3: what was lent stays lent while the hook counts as running. */
static llmp_verdict_t leave(fh_request_t *q, llmp_verdict_t verdict) {
  q->host->in_hook = false;
  q->paused = verdict == LLMP_PAUSE;
  if (!q->paused) fh_take_back(q, -1);
  if (verdict == LLMP_RESPOND && !q->responded) CHECK_FAIL("RESPOND without an answer");
  if (verdict == LLMP_ERROR && q->error.message[0] == 0) CHECK_FAIL("ERROR without a reason");
  return verdict;
}

void fh_end(fh_request_t *q) {
  fh_t *h = q->host;
  enter(q);
  if (h->component->kind == LLMP_KIND_PROVIDER) {
    const llmp_provider_t *hooks = h->component->vtable;
    if (hooks->attempt_done != NULL) hooks->attempt_done(h->inst, &q->handle, &q->slot, LLMP_OK);
    if (q->slot != NULL) CHECK_FAIL("the slot is left behind");
  } else {
    const llmp_middleware_t *hooks = h->component->vtable;
    if (hooks->request_done != NULL) hooks->request_done(h->inst, &q->handle, &q->slot);
  }
  (void)leave(q, LLMP_CONTINUE);
  q->over = true;
  h->request = NULL;
  for (fh_timer_t *t = h->timers; t != NULL; t = t->next) t->over = t->over || t->request == q;
  while (q->events != NULL) {
    fh_event_t *event = q->events;
    q->events = event->next;
    free(event);
  }
  for (size_t i = 0; i < 4; i++) fh_map_free(&q->maps[i]);
  fh_map_free(&q->reply_headers);
  char *texts[] = {q->method, q->path, q->query, q->request_id, q->client, q->project_id, q->model_resolved,
    q->body,
                   q->upstream_body, q->type, q->code, q->message, q->reply};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) free(texts[i]);
  free(q);
  (void)fh_run(h);
}

/* ------------------------------------------------------------------ hooks -------------------- */

#define MIDDLEWARE(q) ((const llmp_middleware_t *)(q)->host->component->vtable)
#define PROVIDER(q) ((const llmp_provider_t *)(q)->host->component->vtable)
#define FRONT(q) (q)->host->inst, &(q)->handle, &(q)->slot

llmp_verdict_t fh_request_headers(fh_request_t *q) {
  enter(q);
  return leave(q, MIDDLEWARE(q)->request_headers(FRONT(q), &q->error));
}

llmp_verdict_t fh_request_body(fh_request_t *q) {
  enter(q);
  return leave(q, MIDDLEWARE(q)->request_body(FRONT(q), &q->error));
}

llmp_verdict_t fh_response_headers(fh_request_t *q) {
  enter(q);
  return leave(q, MIDDLEWARE(q)->response_headers(FRONT(q), &q->error));
}

llmp_verdict_t fh_prepare(fh_request_t *q, const char *api_key) {
  enter(q);
  llmp_attempt_t a = {.struct_size = sizeof a, .endpoint = LLMP_LIT("main"),
    .base_url = LLMP_LIT("http://127.0.0.1:1"),
                      .api_key = fh_lend(q, -1, api_key, strlen(api_key))};
  return leave(q, PROVIDER(q)->prepare(FRONT(q), &a, &q->error));
}

llmp_verdict_t fh_upstream_headers(fh_request_t *q, uint32_t http_status, llmp_stream_mode_t *mode) {
  enter(q);
  return leave(q, PROVIDER(q)->upstream_headers(FRONT(q), http_status, mode, &q->error));
}

llmp_verdict_t fh_upstream_sse(fh_request_t *q, const char *event, const char *data) {
  enter(q);
  llmp_sse_t sse = {.struct_size = sizeof sse, .event = fh_lend(q, -1, event, strlen(event)),
                    .data = fh_lend(q, -1, data, strlen(data))};
  return leave(q, PROVIDER(q)->upstream_sse(FRONT(q), &sse, NULL, &q->usage, &q->error));
}

llmp_verdict_t fh_upstream_end(fh_request_t *q) {
  enter(q);
  return leave(q, PROVIDER(q)->upstream_end(FRONT(q), NULL, &q->usage, &q->error));
}

llmp_status_t fh_map_error(fh_request_t *q, uint32_t http_status, const char *body,
  llmp_upstream_error_t *out) {
  enter(q);
  memset(out, 0xEE, sizeof *out);
  out->struct_size = sizeof *out;
  llmp_status_t status = PROVIDER(q)->map_error(FRONT(q), http_status, fh_lend(q, -1, body, strlen(body)),
    out);
  (void)leave(q, LLMP_CONTINUE);
  return status;
}

llmp_verdict_t fh_event(fh_request_t *q, uint32_t reason, uint64_t cookie) {
  enter(q);
  return leave(q, q->host->component->kind == LLMP_KIND_PROVIDER
    ? PROVIDER(q)->on_event(FRONT(q), reason, cookie, &q->error)
    : MIDDLEWARE(q)->on_event(FRONT(q), reason, cookie, NULL, &q->error));
}

/* ------------------------------------------------------------------ time --------------------- */

static void free_timers(fh_t *h) {
  for (fh_timer_t **at = &h->timers; *at != NULL;) {
    fh_timer_t *t = *at;
    if (!t->over) {
      at = &t->next;
      continue;
    }
    *at = t->next;
    t->ud_free(t->ud);
    free(t);
  }
}

llmp_verdict_t fh_run(fh_t *h) {
  llmp_verdict_t verdict = LLMP_PAUSE;
  while (h->request != NULL && h->request->events != NULL) {
    fh_event_t *event = h->request->events;
    h->request->events = event->next;
    verdict = fh_event(h->request, event->reason, event->cookie);
    free(event);
  }
  free_timers(h);
  return verdict;
}

void fh_advance(fh_t *h, uint64_t ms) {
  for (uint64_t until = h->mono_ms + ms;;) {
    fh_timer_t *next = NULL;
    for (fh_timer_t *t = h->timers; t != NULL; t = t->next) {
      if (!t->over && t->due_ms <= until && (next == NULL || t->due_ms < next->due_ms)) next = t;
    }
    if (next == NULL) {
      h->mono_ms = until;
      return;
    }
    h->mono_ms = next->due_ms;
    next->due_ms += next->period_ms;
    next->over = next->period_ms == 0;
    bool paused = h->request->paused;
    h->in_hook = true;
    next->fire(next->ud, &next->request->handle);
    h->in_hook = false;
    if (!paused) fh_take_back(h->request, -1);
    (void)fh_run(h);
  }
}

void fh_make_room(fh_request_t *q, size_t bytes) {
  q->stream_room += bytes;
  if (!q->wants_room) return;
  q->wants_room = false;
  (void)fh_event(q, LLMP_EV_WRITABLE, 0);
}
