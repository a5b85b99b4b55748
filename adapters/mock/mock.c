/* mock - a provider that needs no network: it answers itself, the same for the same request.
 *
 * The usage it counts (words) reaches the host through upstream_end, which a host may call after the
 * adapter answered in prepare; a host that does not knows it from the answer only. */
#include "adapter.h"

static llmp_verdict_t prepare(void *inst, llmp_req_t *r, void **slot, const llmp_attempt_t *attempt,
  llmp_err_t *e) {
  mock_t *m = inst;
  (void)attempt;
  attempt_t *a = attempt_new(m);
  if (a == NULL) return LLMP_HOOK_FAIL(e, LLMP_E_NO_MEMORY, "out of memory");
  *slot = a;
  if (plan_make(m, r, &a->plan, e) != LLMP_OK) return LLMP_ERROR;
  return attempt_begin(a, r, e);
}

static llmp_verdict_t on_event(void *inst, llmp_req_t *r, void **slot, uint32_t reason, uint64_t cookie,
  llmp_err_t *e) {
  (void)inst;
  return *slot != NULL ? attempt_event(*slot, r, reason, cookie, e) : LLMP_CONTINUE;
}

static llmp_verdict_t upstream_end(void *inst, llmp_req_t *r, void **slot, llmp_out_t *out, llmp_usage_t *u,
                                   llmp_err_t *e) {
  const attempt_t *a = *slot;
  (void)inst;
  (void)r;
  (void)out;
  (void)e;
  if (a == NULL || u == NULL || !a->plan.has_usage) return LLMP_CONTINUE;
  u->flags |= LLMP_USAGE_FINAL;
  u->input_tokens = (int64_t)a->plan.input_tokens;
  u->output_tokens = (int64_t)a->plan.output_tokens;
  u->total_tokens = u->input_tokens + u->output_tokens;
  u->cached_input_tokens = u->cache_write_tokens = u->reasoning_tokens = 0;
  u->audio_input_tokens = u->audio_output_tokens = 0;
  return LLMP_CONTINUE;
}

static llmp_status_t route(void *inst, const llmp_route_query_t *q, llmp_route_answer_t *answer) {
  (void)inst;
  answer->score = 1;
  answer->model_upstream = q->model;
  return LLMP_OK;
}

static void attempt_done(void *inst, llmp_req_t *r, void **slot, llmp_status_t outcome) {
  attempt_t *a = *slot;
  (void)inst;
  (void)r;
  (void)outcome;
  if (a == NULL) return;
  *slot = NULL;
  attempt_stop(a);
  attempt_release(a);
}

static const llmp_provider_t hooks = {
  .struct_size = sizeof hooks,
  .route = route,
  .prepare = prepare,
  .upstream_end = upstream_end,
  .on_event = on_event,
  .attempt_done = attempt_done,
};
static const llmp_str_t consumes[] = {LLMP_LIT("llmp.model")};
static const llmp_str_t services[] = {LLMP_LIT(LLMP_SVC_TIMER)};
static const llmp_component_t component = {
  .struct_size = sizeof component,
  .kind = LLMP_KIND_PROVIDER,
  .name = LLMP_LIT("mock"),
  .summary = LLMP_LIT("answers like OpenAI, without a network"),
  .config_schema = LLMP_LIT(
    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\","
    "\"properties\":{"
    "\"delay_ms\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":600000,\"default\":0,"
    "\"description\":\"pause before an answer and between the chunks of a stream, in milliseconds\"},"
    "\"slow_ms\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":600000,\"default\":2000,"
    "\"description\":\"pause before the answer of the model mock-slow, in milliseconds\"},"
    "\"chunks\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":100000,\"default\":0,"
    "\"description\":\"words of a reply, each one chunk of a stream; 0 = as many as the text has\"},"
    "\"models\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"minLength\":1},"
    "\"description\":\"what /v1/models lists\"}},"
    "\"additionalProperties\":false}"),
  .consumes = consumes, .n_consumes = sizeof consumes / sizeof *consumes,
  .services = services, .n_services = sizeof services / sizeof *services,
  .vtable = &hooks,
  .validate = mock_validate,
  .create = mock_create,
  .destroy = mock_destroy,
};
static const llmp_component_t *const components[] = {&component};
static const llmp_module_t module = {
  .struct_size = sizeof module,
  .abi_major = LLMP_ABI_MAJOR,
  .abi_minor = LLMP_ABI_MINOR,
  .id = LLMP_LIT("org.llm-proxy.adapter.mock"),
  .version = LLMP_LIT("0.2.0"),
  .vendor = LLMP_LIT("llm-proxy"),
  .build = LLMP_LIT(__VERSION__),
  .runtime = LLMP_LIT("c"),
  .flags = LLMP_MODULE_UNLOADABLE,
  .n_components = sizeof components / sizeof *components,
  .components = components,
};

LLMP_STAMP("abi=0.0;min=0;id=org.llm-proxy.adapter.mock;version=0.2.0;runtime=c");

LLMP_EXPORT const llmp_module_t *llm_proxy_plugin_entry_v0(const llmp_loader_t *loader) {
  return loader != NULL && loader->abi_major == LLMP_ABI_MAJOR ? &module : NULL;
}
