/* mock adapter - shared declarations of its parts.
 *
 *   mock.c      descriptor and hooks            settings.c   configuration and the instance's life
 *   attempt.c   delivering: pauses, streams     plan.c       which answer a request gets, and errors
 *   words.c     the text of an answer           chat.c, responses.c, embeddings.c, catalog.c  endpoints */
#ifndef MOCK_ADAPTER_H
#define MOCK_ADAPTER_H

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>

#include "llmp_buf.h"

/* ------------------------------------------------------------------ instance ----------------- */

typedef struct mock {
  const llmp_host_t *host;
  const llmp_timer_api_t *timer;    /* NULL: nothing can be delayed */
  int64_t delay_ms;                 /* before an answer, and between the chunks of a stream */
  int64_t slow_ms;                  /* before the answer of the model mock-slow */
  int64_t chunks;                   /* words of a reply; 0 = as many as the text has */
  char **models;
  size_t n_models;
  pthread_mutex_t lock;             /* guards what follows; never held across a call of the host */
  pthread_cond_t idle;
  size_t live;                      /* attempts whose memory is in use */
  bool orphaned;                    /* destroy gave up waiting: the last attempt frees */
} mock_t;

llmp_status_t mock_validate(llmp_str_t config_json, llmp_err_t *e);
llmp_status_t mock_create(const llmp_create_t *in, void **inst, llmp_err_t *e);
void mock_destroy(void *inst);
void mock_enter(mock_t *m);
void mock_leave(mock_t *m);

/* ------------------------------------------------------------------ answers ------------------ */

typedef enum answer_kind { ANSWER_CHAT, ANSWER_COMPLETION, ANSWER_RESPONSE } answer_kind_t;

/* A generated text and how to speak of it. */
typedef struct answer {
  answer_kind_t kind;
  char id[24];              /* hex digits, the same for the same request */
  int64_t created;          /* unix seconds */
  char *model;
  llmp_buf_t text;
  size_t *starts;           /* where each word starts in text, its space included; words + 1 entries */
  size_t words;
  size_t choices;
  bool truncated;           /* max_tokens cut it */
  bool include_usage;
  uint64_t input_tokens;    /* words of the request */
} answer_t;

/* What a request is given. Zeroed at first. */
typedef struct plan {
  bool stream;              /* answer holds it; else status and body do */
  uint32_t status;
  bool retry_after;
  llmp_buf_t body;
  uint64_t delay_ms;        /* before the first byte of the body */
  uint64_t pace_ms;         /* between chunks */
  answer_t answer;
  bool has_usage;
  uint64_t input_tokens, output_tokens;
} plan_t;

/* plan.c. A failed allocation shows as plan->body.failed. */
llmp_status_t plan_make(const mock_t *m, llmp_req_t *r, plan_t *plan, llmp_err_t *e);
void plan_free(plan_t *plan);
/* An error body of OpenAI's shape; param and code may be NULL. Always false. */
bool plan_refuse(plan_t *plan, uint32_t status, const char *param, const char *code, const char *format, ...)
  __attribute__((format(printf, 5, 6)));
bool plan_refuse_missing(plan_t *plan, const char *param);
/* Reads an optional integer of the request; false: refused. */
bool plan_integer(plan_t *plan, json_t *request, const char *name, int64_t low, int64_t high, int64_t *value);
/* Takes model and what all generating endpoints share; false: refused. */
bool plan_generate(const mock_t *m, plan_t *plan, json_t *request, answer_kind_t kind);

/* Endpoints: fill the plan from a request. `tail` is what follows the path of the route. */
void plan_chat(const mock_t *m, plan_t *plan, json_t *request, llmp_str_t tail);
void plan_completion(const mock_t *m, plan_t *plan, json_t *request, llmp_str_t tail);
void plan_response(const mock_t *m, plan_t *plan, json_t *request, llmp_str_t tail);
void plan_embeddings(const mock_t *m, plan_t *plan, json_t *request, llmp_str_t tail);
void plan_moderation(const mock_t *m, plan_t *plan, json_t *request, llmp_str_t tail);
void plan_models(const mock_t *m, plan_t *plan, json_t *request, llmp_str_t tail);
void plan_model(const mock_t *m, plan_t *plan, json_t *request, llmp_str_t tail);

/* Events of a streamed answer: how many there are, and number `step` as bytes of text/event-stream. */
size_t answer_events(const answer_t *a);
void answer_event(const answer_t *a, size_t step, llmp_buf_t *out);
size_t chat_events(const answer_t *a);
void chat_event(const answer_t *a, size_t step, llmp_buf_t *out);
size_t response_events(const answer_t *a);
void response_event(const answer_t *a, size_t step, llmp_buf_t *out);

/* ------------------------------------------------------------------ words -------------------- */

/* A digest of what was asked. Start with prompt_begin. */
typedef struct prompt {
  uint64_t hash;
  uint64_t words;
  llmp_str_t last;          /* the last text added; borrowed from the request */
} prompt_t;

prompt_t prompt_begin(void);
void prompt_add(prompt_t *p, llmp_str_t text);
/* A text, or a list of texts and of parts with a `text`; what else it holds counts nothing. */
void prompt_add_content(prompt_t *p, json_t *content);
/* Writes the answer's text: `fixed` words (0 = as the prompt wills), at most `limit` (0 = no limit). */
bool answer_write(answer_t *a, const prompt_t *p, size_t fixed, size_t limit);
llmp_str_t answer_word(const answer_t *a, size_t i);
/* The next of a row of numbers that looks random and is not. */
uint64_t next_number(uint64_t *state);

/* ------------------------------------------------------------------ attempts ----------------- */

typedef enum phase { PHASE_ANSWERED, PHASE_WAITING, PHASE_STREAMING, PHASE_OVER } phase_t;

/* One attempt; the slot. Counted: the slot holds one count and a running timer another, because the
 * timer's ud_free may come late and from any thread. All else happens in the request's context. */
typedef struct attempt {
  atomic_uint counts;
  mock_t *mock;
  phase_t phase;
  llmp_req_ref_t *ref;      /* while waiting or streaming */
  uint64_t timer_id;
  bool timer_on, timer_repeats;
  plan_t plan;
  size_t step;              /* next event of a stream */
  llmp_buf_t pending;       /* an event that the host has not taken yet */
} attempt_t;

attempt_t *attempt_new(mock_t *m);
/* Answers now, later, or as a stream: what prepare returns. */
llmp_verdict_t attempt_begin(attempt_t *a, llmp_req_t *r, llmp_err_t *e);
llmp_verdict_t attempt_event(attempt_t *a, llmp_req_t *r, uint32_t reason, uint64_t cookie, llmp_err_t *e);
/* Stops whatever still runs; [request]. */
void attempt_stop(attempt_t *a);
void attempt_release(attempt_t *a);

#endif /* MOCK_ADAPTER_H */
