/* A client for streams: opens K of them, counts what comes, prints one line of JSON.
 *
 *   stream_client PORT TARGET TOKEN STREAMS SECONDS      streams one after another on K connections, for SECONDS
 *   stream_client PORT TARGET TOKEN STREAMS hold         opens K, waits for the first event of each, prints, and
 *                                                        keeps them until standard input ends
 *
 * An event is a line that begins with "data: "; "data: [DONE]" ends a stream and the next request goes out. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

struct stream {
  int fd, started, done;
  uint64_t asked;
  char tail[16]; /* the end of what was read before: a mark may be cut in two */
  size_t tail_size;
};
static char request[2048], buffer[65536 + 32];
static size_t request_size;
static uint64_t events, reads, bytes, finished, failed, first_bytes;
static uint64_t *waits;
static size_t n_waits, waits_room;

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
static int by_size(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}
static void ask(struct stream *s) {
  s->asked = now();
  s->started = s->done = 0;
  s->tail_size = 0;
  if (write(s->fd, request, request_size) != (ssize_t)request_size) failed++;
}
static uint64_t count(const char *at, const char *end, const char *mark, size_t size) {
  uint64_t n = 0;
  while ((at = memmem(at, (size_t)(end - at), mark, size)) != NULL) n++, at += size;
  return n;
}
/* Takes what has come. 0: fine, -1: connection lost. */
static int take(struct stream *s, int again) {
  memcpy(buffer, s->tail, s->tail_size);
  ssize_t n = read(s->fd, buffer + s->tail_size, 65536);
  if (n <= 0) return n < 0 && errno == EAGAIN ? 0 : -1;
  bytes += (uint64_t)n;
  reads++;
  const char *end = buffer + s->tail_size + n;
  if (!s->started) {
    if (s->tail_size == 0 && n >= 12 && memcmp(buffer + 9, "200", 3) != 0) {
      if (failed == 0) fprintf(stderr, "stream_client: refused: %.*s\n", (int)(n < 300 ? n : 300), buffer);
      return -1;
    }
    if (memmem(buffer, (size_t)(end - buffer), "data: ", 6) != NULL) {
      s->started = 1;
      first_bytes++;
      if (n_waits == waits_room) waits = realloc(waits, (waits_room = waits_room * 2 + 4096) * sizeof *waits);
      waits[n_waits++] = now() - s->asked;
    }
  }
  /* Marks of 6 and 7 bytes, each counted when its last byte arrives: the tails that are kept hold no whole one. */
  uint64_t objects = count(buffer, end, "data: {", 7);
  events += objects;
  if (memmem(buffer, (size_t)(end - buffer), "data: [DONE]", 12) != NULL) events++, s->done = 1;
  if (s->done && end - buffer >= 5 && memcmp(end - 5, "0\r\n\r\n", 5) == 0) {
    finished++;
    if (again) ask(s);
    return 0;
  }
  size_t keep = (size_t)(end - buffer) < 11 ? (size_t)(end - buffer) : 11;
  const char *from = end - keep, *mark = memmem(from, keep, "data: {", 7);
  if (mark != NULL) from = mark + 7; /* counted already */
  s->tail_size = (size_t)(end - from);
  memmove(s->tail, from, s->tail_size);
  return 0;
}
int main(int argc, char **argv) {
  if (argc != 6) return fputs("usage: stream_client PORT TARGET TOKEN STREAMS SECONDS|hold\n", stderr), 2;
  signal(SIGPIPE, SIG_IGN);
  int n = atoi(argv[4]), hold = strcmp(argv[5], "hold") == 0, one = 1;
  double seconds = hold ? 60 : atof(argv[5]);
  const char *body = "{\"model\":\"gpt-4o\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}";
  request_size = (size_t)snprintf(request, sizeof request,
      "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
      "Accept: text/event-stream\r\nContent-Length: %zu\r\n\r\n%s", argv[2], argv[3], strlen(body), body);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  struct stream *streams = calloc((size_t)n, sizeof *streams);
  int poller = epoll_create1(0);
  struct epoll_event ready[512];
  uint64_t begin = now(), stop = begin + (uint64_t)(seconds * 1e9);
  int open = 0, live = 0;
  while (now() < stop && !(hold && open == n && first_bytes + failed >= (uint64_t)n)) {
    for (int batch = 0; open < n && batch < 64; batch++, open++, live++) {
      struct stream *s = &streams[open];
      s->fd = socket(AF_INET, SOCK_STREAM, 0);
      if (connect(s->fd, (struct sockaddr *)&address, sizeof address) != 0) return perror("stream_client"), 1;
      setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      struct epoll_event e = {.events = EPOLLIN, .data.ptr = s};
      epoll_ctl(poller, EPOLL_CTL_ADD, s->fd, &e);
      ask(s);
    }
    int got = epoll_wait(poller, ready, 512, open < n ? 1 : 50);
    for (int i = 0; i < got; i++)
      if (take(ready[i].data.ptr, !hold) != 0) {
        close(((struct stream *)ready[i].data.ptr)->fd);
        failed++;
        live--;
      }
    if (live == 0 && open == n) break;
  }
  double took = (double)(now() - begin) / 1e9;
  qsort(waits, n_waits, sizeof *waits, by_size);
  printf("{\"events\":%lu,\"reads\":%lu,\"bytes\":%lu,\"streams\":%lu,\"first\":%lu,\"failed\":%lu,\"seconds\":%.3f,"
         "\"first_p50_us\":%.1f,\"first_p99_us\":%.1f}\n",
         events, reads, bytes, finished, first_bytes, failed, took, n_waits ? (double)waits[n_waits / 2] / 1e3 : 0,
         n_waits ? (double)waits[n_waits * 99 / 100] / 1e3 : 0);
  fflush(stdout);
  if (hold) while (read(0, buffer, sizeof buffer) > 0) {}
  return 0;
}
