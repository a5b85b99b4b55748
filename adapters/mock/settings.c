#define _GNU_SOURCE 1
#include "adapter.h"

#include <stdlib.h>
#include <time.h>

#include "llmp_config.h"

#define PAUSE_MAX_MS 600000
#define CHUNKS_MAX 100000
#define DESTROY_WAIT_S 5

static const char *const usual_models[] = {
  "gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "text-embedding-3-small", "omni-moderation-latest",
  "mock-slow", "mock-error-429", "mock-error-500",
};

/* ------------------------------------------------------------------ configuration ------------ */

static bool copy_model(mock_t *m, const char *name, llmp_err_t *e) {
  size_t n = strlen(name) + 1;
  char *copy = malloc(n);
  if (copy == NULL) return llmp_fail(e, LLMP_E_NO_MEMORY, "out of memory") == LLMP_OK;
  memcpy(copy, name, n);
  m->models[m->n_models++] = copy;
  return true;
}

static bool read_models(mock_t *m, json_t *list, llmp_err_t *e) {
  size_t n = list != NULL ? json_array_size(list) : sizeof usual_models / sizeof *usual_models;
  if (list != NULL && !json_is_array(list)) {
    return llmp_fail(e, LLMP_E_INVALID, "models: must be a list of names") == LLMP_OK;
  }
  m->models = calloc(n + 1, sizeof *m->models);
  if (m->models == NULL) return llmp_fail(e, LLMP_E_NO_MEMORY, "out of memory") == LLMP_OK;
  for (size_t i = 0; i < n; i++) {
    const char *name = list != NULL ? json_string_value(json_array_get(list, i)) : usual_models[i];
    if (name == NULL || name[0] == 0) {
      return llmp_fail(e, LLMP_E_INVALID, "models[%zu]: must be a name", i) == LLMP_OK;
    }
    if (!copy_model(m, name, e)) return false;
  }
  return true;
}

static bool configure(mock_t *m, llmp_str_t config_json, llmp_err_t *e) {
  static const char *const keys[] = {"delay_ms", "slow_ms", "chunks", "models"};
  json_t *config = llmp_config_load(config_json, "config", e);
  if (config == NULL) return false;
  m->slow_ms = 2000;
  bool good = llmp_config_known(config, keys, sizeof keys / sizeof *keys, e) &&
              llmp_config_int(config, "delay_ms", 0, PAUSE_MAX_MS, &m->delay_ms, e) &&
              llmp_config_int(config, "slow_ms", 0, PAUSE_MAX_MS, &m->slow_ms, e) &&
              llmp_config_int(config, "chunks", 0, CHUNKS_MAX, &m->chunks, e) &&
              read_models(m, json_object_get(config, "models"), e);
  json_decref(config);
  return good;
}

static void free_settings(mock_t *m) {
  for (size_t i = 0; i < m->n_models; i++) free(m->models[i]);
  free(m->models);
}

llmp_status_t mock_validate(llmp_str_t config_json, llmp_err_t *e) {
  mock_t scratch = {0};
  bool good = configure(&scratch, config_json, e);
  free_settings(&scratch);
  return good ? LLMP_OK : LLMP_E_INVALID;
}

/* ------------------------------------------------------------------ life --------------------- */

llmp_status_t mock_create(const llmp_create_t *in, void **inst, llmp_err_t *e) {
  mock_t *m = calloc(1, sizeof *m);
  if (m == NULL) return llmp_fail(e, LLMP_E_NO_MEMORY, "out of memory");
  m->host = in->host;
  m->timer = llmp_service(in->host, LLMP_SVC_TIMER, sizeof(llmp_timer_api_t));
  llmp_status_t status = configure(m, in->config_json, e) ? LLMP_OK : LLMP_E_INVALID;
  if (status == LLMP_OK && m->delay_ms > 0 && m->timer == NULL) {
    status = llmp_fail(e, LLMP_E_UNSUPPORTED, "delay_ms needs the service " LLMP_SVC_TIMER);
  }
  if (status != LLMP_OK) {
    free_settings(m);
    free(m);
    return status;
  }
  (void)pthread_mutex_init(&m->lock, NULL);
  pthread_condattr_t monotonic;
  (void)pthread_condattr_init(&monotonic);
  (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  (void)pthread_cond_init(&m->idle, &monotonic);
  (void)pthread_condattr_destroy(&monotonic);
  *inst = m;
  return LLMP_OK;
}

static void free_instance(mock_t *m) {
  (void)pthread_cond_destroy(&m->idle);
  (void)pthread_mutex_destroy(&m->lock);
  free_settings(m);
  free(m);
}

void mock_enter(mock_t *m) {
  (void)pthread_mutex_lock(&m->lock);
  m->live++;
  (void)pthread_mutex_unlock(&m->lock);
}

void mock_leave(mock_t *m) {
  (void)pthread_mutex_lock(&m->lock);
  bool is_last = --m->live == 0 && m->orphaned;
  if (m->live == 0) (void)pthread_cond_signal(&m->idle);
  (void)pthread_mutex_unlock(&m->lock);
  if (is_last) free_instance(m);
}

/* R9: returns when no cancelled timer can still call ud_free. A host that calls ud_free only after
 * destroy would wait for itself; then the last attempt takes the instance with it instead. */
void mock_destroy(void *inst) {
  mock_t *m = inst;
  struct timespec limit;
  (void)clock_gettime(CLOCK_MONOTONIC, &limit);
  limit.tv_sec += DESTROY_WAIT_S;
  (void)pthread_mutex_lock(&m->lock);
  int waited = 0;
  while (m->live > 0 && waited == 0) waited = pthread_cond_timedwait(&m->idle, &m->lock, &limit);
  bool unused = m->live == 0;
  m->orphaned = !unused;
  (void)pthread_mutex_unlock(&m->lock);
  if (unused) free_instance(m);
}
