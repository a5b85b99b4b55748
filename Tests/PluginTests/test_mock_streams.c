/* The mock adapter, streams and pauses: argument 1 is its shared library. */
#include <pthread.h>

#include "mock_checks.h"

/* The nth data line of a stream as JSON, NULL when it is not; the caller decrefs. */
static json_t *event_at(const char *stream, size_t nth) {
  const char *p = stream;
  while (p != NULL && (p = strstr(p, "data: ")) != NULL && nth-- > 0) p += 6;
  return p != NULL ? json_loadb(p + 6, strcspn(p + 6, "\n"), 0, NULL) : NULL;
}

static size_t events_in(const char *stream) {
  size_t n = 0;
  for (const char *p = stream; p != NULL && (p = strstr(p, "data: ")) != NULL; p += 6) n++;
  return n;
}

static void check_event(const char *stream, size_t nth, const char *path, const char *wanted) {
  json_t *event = event_at(stream, nth);
  CHECK_TEXT(text_at(event, path), wanted);
  json_decref(event);
}

static void chat_streams(void) {
  fh_t *h = opened("{\"chunks\":4}");
  fh_request_t *q = fh_begin(h, "POST", CHAT,
    HELLO ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
  CHECK_INT(fh_prepare(q, ""), LLMP_RESPOND);
  CHECK(q->streaming && q->stream_ended);
  CHECK_INT(q->status, 200);
  CHECK_TEXT(fh_value(&q->reply_headers, "content-type", 0), "text/event-stream; charset=utf-8");
  CHECK_INT(events_in(q->reply), 1 + 4 + 1 + 1 + 1);
  check_event(q->reply, 0, "choices.0.delta.role", "assistant");
  check_event(q->reply, 1, "choices.0.delta.content", "Mock");
  check_event(q->reply, 2, "choices.0.delta.content", " reply");
  check_event(q->reply, 4, "choices.0.delta.content", " Hello.");
  check_event(q->reply, 5, "choices.0.finish_reason", "stop");
  check_event(q->reply, 5, "object", "chat.completion.chunk");
  json_t *usage = event_at(q->reply, 6), *first = event_at(q->reply, 0);
  CHECK_INT(json_array_size(at(usage, "choices")), 0);
  CHECK_INT(int_at(usage, "usage.completion_tokens"), 4);
  CHECK(json_is_null(at(first, "usage")));
  CHECK(strcmp(q->reply + q->reply_len - 14, "data: [DONE]\n\n") == 0);
  CHECK_INT(fh_upstream_end(q), LLMP_CONTINUE);
  CHECK_INT(q->usage.output_tokens, 4);
  json_decref(usage);
  json_decref(first);
  q = fh_begin(h, "POST", CHAT, HELLO ",\"stream\":true,\"n\":2}");
  CHECK_INT(fh_prepare(q, ""), LLMP_RESPOND);
  CHECK_INT(events_in(q->reply), 2 * 6 + 1);
  json_t *last = event_at(q->reply, 11);
  CHECK_INT(int_at(last, "choices.0.index"), 1);
  CHECK(at(last, "usage") == NULL);
  json_decref(last);
  q = fh_begin(h, "POST", "/v1/completions",
    "{\"model\":\"m\",\"prompt\":\"x\",\"stream\":true,\"max_tokens\":2}");
  CHECK_INT(fh_prepare(q, ""), LLMP_RESPOND);
  CHECK_INT(events_in(q->reply), 2 + 1 + 1);
  check_event(q->reply, 1, "choices.0.text", " reply");
  check_event(q->reply, 2, "choices.0.finish_reason", "length");
  fh_close(h);
}

static void responses_stream(void) {
  static const char *const types[] = {"response.created", "response.in_progress",
    "response.output_item.added",
    "response.content_part.added", "response.output_text.delta", "response.output_text.delta",
      "response.output_text.done",
    "response.content_part.done", "response.output_item.done", "response.completed"};
  fh_t *h = opened("{\"chunks\":2}");
  fh_request_t *q = fh_begin(h, "POST", "/v1/responses", "{\"model\":\"m\",\"input\":\"x\",\"stream\":true}");
  CHECK_INT(fh_prepare(q, ""), LLMP_RESPOND);
  CHECK_INT(events_in(q->reply), 10);
  for (size_t i = 0; i < 10; i++) {
    json_t *event = event_at(q->reply, i);
    char line[64];
    (void)snprintf(line, sizeof line, "event: %s\n", types[i]);
    CHECK_HOLDS(q->reply, line);
    CHECK_TEXT(text_at(event, "type"), types[i]);
    CHECK_INT(int_at(event, "sequence_number"), i);
    json_decref(event);
  }
  check_event(q->reply, 5, "delta", " reply.");
  check_event(q->reply, 6, "text", "Mock reply.");
  check_event(q->reply, 9, "response.output.0.content.0.text", "Mock reply.");
  fh_close(h);
}

static void a_slow_reader_gets_the_same_stream(void) {
  fh_t *h = opened("{\"chunks\":20}");
  fh_request_t *q = fh_begin(h, "POST", CHAT, HELLO ",\"stream\":true}");
  CHECK_INT(fh_prepare(q, ""), LLMP_RESPOND);
  char *whole = fh_copy(q->reply, q->reply_len);
  q = fh_begin(h, "POST", CHAT, HELLO ",\"stream\":true}");
  q->stream_room = 0;
  CHECK_INT(fh_prepare(q, ""), LLMP_RESPOND);
  CHECK_INT(q->reply_len, 0);
  for (int i = 0; i < 1000 && !q->stream_ended; i++) fh_make_room(q, 97);
  CHECK(q->stream_ended);
  CHECK_TEXT(q->reply, whole);
  CHECK_INT(fh_event(q, LLMP_EV_WRITABLE, 0), LLMP_CONTINUE); /* late, and harmless */
  free(whole);
  fh_close(h);
}

static void a_paced_stream_follows_the_clock(void) {
  fh_t *h = opened("{\"chunks\":3,\"delay_ms\":10}");
  fh_request_t *q = fh_begin(h, "POST", CHAT, HELLO ",\"stream\":true}");
  CHECK_INT(fh_prepare(q, ""), LLMP_RESPOND);
  CHECK(q->streaming);
  CHECK_INT(q->reply_len, 0);
  fh_advance(h, 9);
  CHECK_INT(q->reply_len, 0);
  for (size_t i = 1; i <= 6; i++) {
    CHECK(!q->stream_ended);
    fh_advance(h, i == 1 ? 1 : 10);
    CHECK_INT(events_in(q->reply), i);
  }
  CHECK(q->stream_ended);
  fh_advance(h, 100);
  CHECK_INT(events_in(q->reply), 6);
  fh_close(h);
}

static void a_paced_stream_waits_for_its_reader(void) {
  fh_t *h = opened("{\"chunks\":3,\"delay_ms\":10}");
  fh_request_t *q = fh_begin(h, "POST", CHAT, HELLO ",\"stream\":true}");
  q->stream_room = 10;
  CHECK_INT(fh_prepare(q, ""), LLMP_RESPOND);
  fh_advance(h, 50);
  CHECK_INT(q->reply_len, 0);
  fh_make_room(q, 100000);
  CHECK_INT(events_in(q->reply), 1);
  fh_advance(h, 50);
  CHECK(q->stream_ended);
  CHECK_INT(events_in(q->reply), 6);
  fh_close(h);
}

static void a_slow_answer_pauses(void) {
  fh_t *h = opened("{\"slow_ms\":100}");
  fh_request_t *q = fh_begin(h, "POST", CHAT,
    "{\"model\":\"mock-slow\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
  CHECK_INT(fh_prepare(q, ""), LLMP_PAUSE);
  fh_advance(h, 99);
  CHECK(!q->responded);
  CHECK_INT(fh_event(q, LLMP_EV_WRITABLE, 0), LLMP_PAUSE);
  CHECK_INT(fh_event(q, LLMP_EV_RESUME, 42), LLMP_PAUSE);
  fh_advance(h, 1);
  json_t *root = answered(q, 200);
  json_decref(root);
  q = fh_begin(h, "POST", CHAT,
    "{\"model\":\"mock-slow\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
  CHECK_INT(fh_prepare(q, ""), LLMP_RESPOND);
  fh_advance(h, 99);
  CHECK_INT(q->reply_len, 0);
  fh_advance(h, 1);
  CHECK(q->stream_ended);
  fh_close(h);
}

/* ------------------------------------------------------------------ ends --------------------- */

static void a_client_that_leaves_stops_it(void) {
  fh_t *h = opened("{\"chunks\":50,\"delay_ms\":10}");
  fh_request_t *q = fh_begin(h, "POST", CHAT, HELLO ",\"stream\":true}");
  CHECK_INT(fh_prepare(q, ""), LLMP_RESPOND);
  fh_advance(h, 30);
  size_t written = q->reply_len;
  CHECK(fh_event(q, LLMP_EV_CANCELLED, 0) != LLMP_ERROR);
  CHECK_INT(h->refs, 0);
  fh_advance(h, 100);
  CHECK_INT(q->reply_len, written);
  q = fh_begin(h, "POST", CHAT, HELLO "}");
  CHECK_INT(fh_prepare(q, ""), LLMP_PAUSE);
  CHECK_INT(fh_event(q, LLMP_EV_CANCELLED, 0), LLMP_PAUSE);
  fh_advance(h, 100);
  CHECK(!q->responded);
  q = fh_begin(h, "POST", CHAT, HELLO ",\"stream\":true}"); /* ends with no event at all */
  CHECK_INT(fh_prepare(q, ""), LLMP_RESPOND);
  fh_end(q);
  CHECK_INT(h->refs, 0);
  q = fh_begin(h, "POST", CHAT, HELLO ",\"stream\":true}"); /* blocked for ever, then over */
  q->stream_room = 0;
  CHECK_INT(fh_prepare(q, ""), LLMP_RESPOND);
  fh_close(h);
}

static void a_stream_the_host_closed_stops_it(void) {
  fh_t *h = opened("{\"chunks\":50,\"delay_ms\":10}");
  fh_request_t *q = fh_begin(h, "POST", CHAT, HELLO ",\"stream\":true}");
  CHECK_INT(fh_prepare(q, ""), LLMP_RESPOND);
  fh_advance(h, 10);
  q->stream_ended = true; /* writes now give LLMP_E_STATE */
  fh_advance(h, 10);
  CHECK_INT(h->refs, 0);
  CHECK(h->timers == NULL);
  fh_close(h);
}

static void *free_late(void *ud) {
  fh_timer_t *t = ud;
  t->ud_free(t->ud);
  free(t);
  return NULL;
}

/* R9: destroy returns only when the ud_free that another thread runs has been through. A sanitizer sees
 * it when it does not. */
static void destroy_waits_for_timers(void) {
  for (int i = 0; i < 50; i++) {
    fh_t *h = opened("{\"delay_ms\":10}");
    fh_request_t *q = fh_begin(h, "POST", CHAT, HELLO ",\"stream\":true}");
    CHECK_INT(fh_prepare(q, ""), LLMP_RESPOND);
    fh_timer_t *t = h->timers;
    h->timers = NULL;
    pthread_t thread;
    fh_end(q);
    if (pthread_create(&thread, NULL, free_late, t) != 0) abort();
    fh_close(h);
    (void)pthread_join(thread, NULL);
  }
}

static const check_case_t cases[] = {
  {"chat and completions stream", chat_streams},
  {"responses stream", responses_stream},
  {"a slow reader gets the same stream", a_slow_reader_gets_the_same_stream},
  {"a paced stream follows the clock", a_paced_stream_follows_the_clock},
  {"a paced stream waits for its reader", a_paced_stream_waits_for_its_reader},
  {"a slow answer pauses", a_slow_answer_pauses},
  {"a client that leaves stops it", a_client_that_leaves_stops_it},
  {"a stream the host closed stops it", a_stream_the_host_closed_stops_it},
  {"destroy waits for timers", destroy_waits_for_timers},
};
CHECK_MAIN(cases)
