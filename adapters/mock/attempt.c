/* Delivering an answer: at once, after a pause, or piece by piece. */
#include "adapter.h"

#include <stdlib.h>

#define COOKIE_DUE 1u

static const llmp_header_t json_headers[] = {
  {LLMP_LIT("content-type"), LLMP_LIT("application/json")},
  {LLMP_LIT("retry-after"), LLMP_LIT("1")},
};
static const llmp_header_t stream_headers[] = {
  {LLMP_LIT("content-type"), LLMP_LIT("text/event-stream; charset=utf-8")},
  {LLMP_LIT("cache-control"), LLMP_LIT("no-cache")},
};

/* ------------------------------------------------------------------ counts ------------------- */

attempt_t *attempt_new(mock_t *m) {
  attempt_t *a = calloc(1, sizeof *a);
  if (a == NULL) return NULL;
  atomic_init(&a->counts, 1);
  a->mock = m;
  mock_enter(m);
  return a;
}

void attempt_release(attempt_t *a) {
  /* Release so that this thread's last writes are seen by the one that frees, which acquires them. */
  if (atomic_fetch_sub_explicit(&a->counts, 1, memory_order_acq_rel) != 1) return;
  mock_t *m = a->mock;
  plan_free(&a->plan);
  llmp_buf_free(&a->pending);
  free(a);
  mock_leave(m);
}

/* ------------------------------------------------------------------ timer -------------------- */

static void pump(attempt_t *a);

static void fire(void *ud, llmp_req_t *r) {
  attempt_t *a = ud;
  (void)r;
  if (!a->timer_repeats) a->timer_on = false;
  if (a->phase == PHASE_WAITING) (void)a->mock->host->req->resume(a->ref, COOKIE_DUE);
  if (a->phase == PHASE_STREAMING) pump(a);
}

static void timer_free(void *ud) { attempt_release(ud); }

static llmp_status_t start_timer(attempt_t *a, llmp_req_t *r, uint64_t delay_ms, uint64_t period_ms) {
  const llmp_timer_api_t *timer = a->mock->timer;
  (void)atomic_fetch_add_explicit(&a->counts, 1, memory_order_relaxed); /* timer_free gives it back */
  a->timer_repeats = period_ms > 0;
  llmp_status_t status = timer->start(a->mock->host->ctx, r, delay_ms, period_ms, fire, a, timer_free,
    &a->timer_id);
  a->timer_on = status == LLMP_OK;
  return status;
}

void attempt_stop(attempt_t *a) {
  a->phase = PHASE_OVER;
  if (a->timer_on) {
    a->timer_on = false;
    a->mock->timer->cancel(a->mock->host->ctx, a->timer_id);
  }
  if (a->ref != NULL) {
    a->mock->host->req->ref_release(a->ref);
    a->ref = NULL;
  }
}

/* ------------------------------------------------------------------ streams ------------------ */

static void end_stream(attempt_t *a) {
  (void)a->mock->host->req->stream_end(a->ref);
  attempt_stop(a);
}

/* Writes events until the host has enough, or one of them when they are paced. */
static void pump(attempt_t *a) {
  const llmp_request_api_t *req = a->mock->host->req;
  size_t events = answer_events(&a->plan.answer);
  while (a->step < events) {
    if (a->pending.len == 0) answer_event(&a->plan.answer, a->step, &a->pending);
    if (a->pending.failed) break; /* out of memory: a short stream is all that can be said */
    llmp_status_t status = req->stream_write(a->ref, llmp_buf_view(&a->pending));
    if (status == LLMP_E_WOULD_BLOCK) return; /* LLMP_EV_WRITABLE or the next tick tries again */
    if (status != LLMP_OK) {
      attempt_stop(a);
      return;
    }
    a->pending.len = 0;
    a->step++;
    if (a->plan.pace_ms > 0 && a->step < events) return;
  }
  end_stream(a);
}

static llmp_verdict_t begin_stream(attempt_t *a, llmp_req_t *r, llmp_err_t *e) {
  const llmp_request_api_t *req = a->mock->host->req;
  a->ref = req->ref(r);
  if (a->ref == NULL) return LLMP_HOOK_FAIL(e, LLMP_E_NO_MEMORY, "the host gave no ref");
  llmp_status_t status = req->respond_stream(r, 200, stream_headers,
    sizeof stream_headers / sizeof *stream_headers);
  if (status != LLMP_OK) return LLMP_HOOK_FAIL(e, status, "cannot begin the stream");
  a->phase = PHASE_STREAMING;
  uint64_t delay = a->plan.delay_ms, pace = a->plan.pace_ms;
  if (delay == 0 && pace == 0) {
    pump(a);
    return LLMP_RESPOND;
  }
  status = start_timer(a, r, delay > 0 ? delay : pace, pace);
  if (status != LLMP_OK) return LLMP_HOOK_FAIL(e, status, "cannot start the timer");
  return LLMP_RESPOND;
}

/* ------------------------------------------------------------------ whole answers ------------ */

static llmp_verdict_t answer_now(attempt_t *a, llmp_req_t *r, llmp_err_t *e) {
  plan_t *plan = &a->plan;
  attempt_stop(a);
  a->phase = PHASE_ANSWERED;
  llmp_status_t status = a->mock->host->req->respond(r, plan->status, json_headers, plan->retry_after ? 2 : 1,
                                                     llmp_buf_view(&plan->body));
  if (status != LLMP_OK) return LLMP_HOOK_FAIL(e, status, "cannot answer");
  return LLMP_RESPOND;
}

llmp_verdict_t attempt_begin(attempt_t *a, llmp_req_t *r, llmp_err_t *e) {
  if (a->plan.body.failed || a->plan.answer.text.failed) {
    return LLMP_HOOK_FAIL(e, LLMP_E_NO_MEMORY, "out of memory");
  }
  if (a->mock->timer == NULL) a->plan.delay_ms = a->plan.pace_ms = 0;
  if (a->plan.stream) return begin_stream(a, r, e);
  if (a->plan.delay_ms == 0) return answer_now(a, r, e);
  a->ref = a->mock->host->req->ref(r);
  if (a->ref == NULL) return LLMP_HOOK_FAIL(e, LLMP_E_NO_MEMORY, "the host gave no ref");
  a->phase = PHASE_WAITING;
  llmp_status_t status = start_timer(a, r, a->plan.delay_ms, 0);
  if (status != LLMP_OK) return LLMP_HOOK_FAIL(e, status, "cannot start the timer");
  return LLMP_PAUSE;
}

llmp_verdict_t attempt_event(attempt_t *a, llmp_req_t *r, uint32_t reason, uint64_t cookie, llmp_err_t *e) {
  bool waiting = a->phase == PHASE_WAITING;
  if (reason == LLMP_EV_CANCELLED) {
    attempt_stop(a);
  } else if (reason == LLMP_EV_WRITABLE && a->phase == PHASE_STREAMING && a->pending.len > 0) {
    pump(a);
  } else if (reason == LLMP_EV_RESUME && cookie == COOKIE_DUE && waiting) {
    return answer_now(a, r, e);
  }
  return waiting ? LLMP_PAUSE : LLMP_CONTINUE;
}
