/* Nothing is wrong with this one. It tells the host's log about every lifecycle call, so that tests see order and
 * completeness; the components differ in what they provide and consume. */
#include <stdlib.h>
#include <string.h>
#include "llm_proxy_plugin.h"

LLMP_STAMP("abi=0.0;min=0;id=org.example.recorder;version=2.1.0;runtime=c");

typedef struct recorder {
  const llmp_host_t *host;
  int fails_to_start;
} recorder_t;

static void say(const llmp_host_t *host, const char *text) {
  llmp_str_t message = { text, strlen(text) }, none = { 0, 0 };
  host->log(host->ctx, LLMP_LOG_INFO, message, none);
}

static int holds(llmp_str_t text, const char *word) {
  size_t length = strlen(word);
  for (size_t i = 0; i + length <= text.len; i++)
    if (memcmp(text.ptr + i, word, length) == 0) return 1;
  return 0;
}

static llmp_status_t create(const llmp_create_t *in, void **inst, llmp_err_t *e) {
  recorder_t *self = calloc(1, sizeof *self);
  if (self == NULL) return LLMP_E_NO_MEMORY;
  self->host = in->host;
  self->fails_to_start = holds(in->config_json, "\"fail\":\"start\"");
  say(in->host, "create");
  if (in->module_state == NULL || holds(in->config_json, "\"fail\":\"create\"")) {
    memcpy(e->message, "told to fail", 13);
    free(self);
    return LLMP_E_INVALID;
  }
  llmp_key_t fixed = 0, first = 0, again = 0;
  llmp_str_t model = LLMP_LIT("llmp.model"), own = LLMP_LIT("org.example.note");
  if (in->host->meta_key(in->host->ctx, model, &fixed) != LLMP_OK || fixed != LLMP_META_MODEL
      || in->host->meta_key(in->host->ctx, own, &first) != LLMP_OK || first < 1024
      || in->host->meta_key(in->host->ctx, own, &again) != LLMP_OK || first != again)
    say(in->host, "meta_key is wrong");
  if (in->host->now_mono_ns(in->host->ctx) == 0 || in->host->now_unix_ms(in->host->ctx) == 0)
    say(in->host, "a clock is wrong");
  say(in->host, in->host->get_service(in->host->ctx, "llmp.store/1") != NULL ? "store granted" : "store absent");
  *inst = self;
  return LLMP_OK;
}

static llmp_status_t reconfigure(const llmp_create_t *in, void *previous, void **inst, llmp_err_t *e) {
  (void)previous;
  say(in->host, "reconfigure");
  return create(in, inst, e);
}

static llmp_status_t start(void *inst, llmp_err_t *e) {
  recorder_t *self = inst;
  llmp_key_t key;
  llmp_str_t late = LLMP_LIT("org.example.late");
  say(self->host, "start");
  if (self->host->meta_key(self->host->ctx, late, &key) != LLMP_E_STATE) say(self->host, "meta_key outside setup");
  if (!self->fails_to_start) return LLMP_OK;
  memcpy(e->message, "told to fail", 13);
  return LLMP_E_IO;
}

static void drain_at_once(void *inst, uint64_t deadline_ns) {
  recorder_t *self = inst;
  (void)deadline_ns;
  say(self->host, "drain");
  self->host->drained(self->host->ctx);
}

/* Answers only when a hook is called, so that a test decides when. */
static void drain_later(void *inst, uint64_t deadline_ns) {
  recorder_t *self = inst;
  (void)deadline_ns;
  say(self->host, "drain");
}

static llmp_verdict_t say_drained(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) {
  recorder_t *self = inst;
  (void)r; (void)slot; (void)e;
  self->host->drained(self->host->ctx);
  return LLMP_CONTINUE;
}

static void destroy(void *inst) {
  recorder_t *self = inst;
  say(self->host, "destroy");
  free(self);
}

static llmp_status_t open_module(const llmp_host_t *host, void **state, llmp_err_t *e) {
  (void)e;
  say(host, "module_open");
  *state = (void *)host;
  return LLMP_OK;
}

static void close_module(void *state) { say(state, "module_close"); }

static llmp_verdict_t go_on(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) {
  (void)inst; (void)r; (void)slot; (void)e;
  return LLMP_CONTINUE;
}

static llmp_verdict_t prepare(void *inst, llmp_req_t *r, void **slot, const llmp_attempt_t *a, llmp_err_t *e) {
  (void)inst; (void)r; (void)slot; (void)a; (void)e;
  return LLMP_CONTINUE;
}

#define SCHEMA \
  "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" \
  "\"fail\":{\"enum\":[\"create\",\"start\"]},\"requests_per_minute\":{\"type\":\"integer\",\"minimum\":1}}}"

static const llmp_str_t project[] = { LLMP_LIT("llmp.project_id"), LLMP_LIT("llmp.token_id") };
static const llmp_str_t needs[] = { LLMP_LIT("llmp.project_id"), LLMP_LIT("llmp.model") };
static const llmp_str_t store[] = { LLMP_LIT(LLMP_SVC_STORE) };
static const llmp_str_t observed[] = { LLMP_LIT("usage"), LLMP_LIT("model") };

static const llmp_middleware_t hooks = { .struct_size = sizeof hooks, .request_headers = go_on };
static const llmp_middleware_t drain_hooks = { .struct_size = sizeof drain_hooks, .request_headers = say_drained };
static const llmp_provider_t adapter_hooks = {
  .struct_size = sizeof adapter_hooks, .observes = observed, .n_observes = 2, .prepare = prepare
};

#define COMMON \
  .struct_size = sizeof(llmp_component_t), .create = create, .reconfigure = reconfigure, .start = start, \
  .destroy = destroy, .config_schema = LLMP_LIT(SCHEMA)

static const llmp_component_t auth = {
  COMMON, .kind = LLMP_KIND_MIDDLEWARE, .name = LLMP_LIT("auth"), .vtable = &hooks, .drain = drain_at_once,
  .provides = project, .n_provides = 2, .services = store, .n_services = 1
};
static const llmp_component_t limits = {
  COMMON, .kind = LLMP_KIND_MIDDLEWARE, .name = LLMP_LIT("limits"), .vtable = &hooks,
  .consumes = needs, .n_consumes = 2
};
static const llmp_component_t late = {
  COMMON, .kind = LLMP_KIND_MIDDLEWARE, .name = LLMP_LIT("late"), .vtable = &drain_hooks, .drain = drain_later
};
static const llmp_component_t adapter = {
  COMMON, .kind = LLMP_KIND_PROVIDER, .name = LLMP_LIT("adapter"), .vtable = &adapter_hooks
};
static const llmp_component_t *const components[] = { &auth, &limits, &late, &adapter };

static const llmp_module_t module = {
  .struct_size = sizeof module,
  .abi_major = LLMP_ABI_MAJOR,
  .abi_minor = LLMP_ABI_MINOR,
  .id = LLMP_LIT("org.example.recorder"),
  .version = LLMP_LIT("2.1.0"),
  .runtime = LLMP_LIT("c"),
  .n_components = sizeof components / sizeof components[0],
  .components = components,
  .module_open = open_module,
  .module_close = close_module
};

const llmp_module_t *llm_proxy_plugin_entry_v0(const llmp_loader_t *loader) {
  return loader != NULL && loader->image_path.len > 0 ? &module : NULL;
}
