/* fakehost - a host over simple data structures, for tests of plugins in C.
 *
 * It holds plugins to the rules of llm_proxy_plugin.h: every slice it lends lies in memory of its own,
 * exactly as long as the slice, and is overwritten and freed as soon as R3 lets it (a sanitizer then
 * sees over-reads and uses after return); request functions outside a hook, refs and timers that are
 * left over, and ud_free that did not run exactly once are failures. Time stands still but for
 * fh_advance. One request runs at a time. */
#ifndef FAKEHOST_H
#define FAKEHOST_H

#include <stdlib.h>

#include "check.h"

#define FH_START_UNIX_MS 1767323045678   /* 2026-01-02T03:04:05.678Z */

typedef struct fh fh_t;
typedef struct fh_request fh_request_t;
typedef struct fh_field { char *name, *value; } fh_field_t;
typedef struct fh_map { fh_field_t *fields; size_t n; } fh_map_t;
typedef struct fh_lent { char *bytes; size_t len; int map; struct fh_lent *next; } fh_lent_t;
typedef struct fh_event { uint32_t reason; uint64_t cookie; struct fh_event *next; } fh_event_t;

typedef struct fh_token {
  const char *secret, *token_id, *project_id;
  uint32_t state;              /* LLMP_TOKEN_* */
  llmp_status_t peek;          /* what token_peek says; WOULD_BLOCK until it was loaded */
  llmp_status_t after_load;    /* what it says then */
  llmp_status_t load, bind;    /* what these say */
} fh_token_t;

typedef struct fh_timer {
  uint64_t id, due_ms, period_ms;
  void (*fire)(void *ud, llmp_req_t *r);
  void *ud;
  llmp_free_fn ud_free;
  fh_request_t *request;
  bool over;                   /* cancelled or done: ud_free is due */
  struct fh_timer *next;
} fh_timer_t;

struct fh {
  llmp_ctx_t ctx;              /* first: a ctx is the host */
  void *image;
  const llmp_module_t *module;
  const llmp_component_t *component;
  void *inst;
  llmp_host_t table;
  uint64_t mono_ms;
  const char *api_names[4], *api_settings[4];
  size_t n_apis, selected;
  fh_token_t tokens[8];
  size_t n_tokens;
  int loads, binds;
  struct { uint32_t owner, members; const char *json; } policies[8];
  size_t n_policies;
  uint64_t policy_generation;  /* added to the numbers of policies */
  uint32_t applied;            /* what stages have seen to */
  const char *without_service; /* an id that get_service does not know */
  fh_timer_t *timers;
  uint64_t last_timer;
  fh_request_t *request;       /* the one that lives */
  bool in_hook;
  int refs;
  char *logged;                /* messages and fields of all log calls */
};

struct fh_request {
  llmp_req_t handle;           /* first: a req is the request */
  fh_t *host;
  char *method, *path, *query, *request_id, *client, *project_id, *model_resolved;
  fh_map_t maps[4];
  char *body;                  /* NULL: not held */
  size_t body_len;
  char *upstream_body;         /* what json->get(UPSTREAM_RESPONSE) looks into */
  void *slot;
  bool over, paused;
  fh_lent_t *lent;
  fh_event_t *events;
  /* what the plugin did */
  bool responded, streaming, stream_ended;
  uint32_t status;
  char *type, *code, *message; /* respond_error */
  char *reply;                 /* respond, or all of the stream */
  size_t reply_len;
  fh_map_t reply_headers;
  size_t forwarded_to;         /* SIZE_MAX: not */
  size_t stream_room;          /* bytes that stream_write still takes */
  bool wants_room;
  llmp_exchange_t exchange;
  llmp_usage_t usage;
  llmp_err_t error;            /* of the last hook */
};

/* ------------------------------------------------------------------ life --------------------- */

fh_t *fh_open(const char *path);                       /* loads and checks the descriptor */
void fh_api(fh_t *h, const char *name, const char *settings_json);
fh_token_t *fh_add_token(fh_t *h, const char *secret, uint32_t state);
/* Requests are under it from now on, behind those before it. */
void fh_policy(fh_t *h, uint32_t owner, uint32_t members, const char *json);
llmp_status_t fh_create(fh_t *h, const char *config, llmp_err_t *e);
void fh_close(fh_t *h);                                /* destroys the instance and checks what is left */

/* body NULL: none is held. `target` may carry a query. */
fh_request_t *fh_begin(fh_t *h, const char *method, const char *target, const char *body);
void fh_body(fh_request_t *q, const char *bytes, size_t n);
void fh_add(fh_request_t *q, llmp_map_t map, const char *name, const char *value);
/* The nth value, or NULL. */
const char *fh_value(const fh_map_t *map, const char *name, size_t nth);
void fh_end(fh_request_t *q);                          /* request_done or attempt_done, then frees */

/* ------------------------------------------------------------------ hooks -------------------- */

llmp_verdict_t fh_request_headers(fh_request_t *q);
llmp_verdict_t fh_request_body(fh_request_t *q);
llmp_verdict_t fh_response_headers(fh_request_t *q);
llmp_verdict_t fh_prepare(fh_request_t *q, const char *api_key);
llmp_verdict_t fh_upstream_headers(fh_request_t *q, uint32_t http_status, llmp_stream_mode_t *mode);
llmp_verdict_t fh_upstream_sse(fh_request_t *q, const char *event, const char *data);
llmp_verdict_t fh_upstream_end(fh_request_t *q);
llmp_status_t fh_map_error(fh_request_t *q, uint32_t http_status, const char *body,
  llmp_upstream_error_t *out);
llmp_verdict_t fh_event(fh_request_t *q, uint32_t reason, uint64_t cookie);

/* Delivers what is queued: events of the request, ud_free of timers that are over. Returns the verdict
 * of the last event, LLMP_PAUSE when there was none. */
llmp_verdict_t fh_run(fh_t *h);
void fh_advance(fh_t *h, uint64_t ms);                 /* fires timers as their time comes */
void fh_make_room(fh_request_t *q, size_t bytes);      /* the client has read */

/* ------------------------------------------------------------------ inside ------------------- */

llmp_str_t fh_lend(fh_request_t *q, int map, const char *bytes, size_t n);
void fh_take_back(fh_request_t *q, int map);           /* map -1: everything */
void fh_need_hook(fh_request_t *q, const char *function);
char *fh_copy(const char *bytes, size_t n);
void fh_map_free(fh_map_t *map);
void fh_map_add(fh_map_t *map, llmp_str_t name, llmp_str_t value);
bool fh_map_remove(fh_map_t *map, llmp_str_t name);
void fh_note_log(fh_t *h, llmp_str_t message, llmp_str_t fields);
const void *fh_service(llmp_ctx_t *c, const char *id);
bool fh_json_member(const char *body, size_t n, llmp_str_t name, size_t nth, llmp_str_t *raw, bool *valid);
extern const llmp_request_api_t fh_request_api;

#endif /* FAKEHOST_H */
