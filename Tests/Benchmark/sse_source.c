/* An upstream for streams: answers every POST with chunked server-sent events of about 250 bytes.
 *
 *   sse_source PORT            http://127.0.0.1:PORT/…?n=EVENTS&interval_us=PAUSE[&hold=1]
 *
 * One event is one chunk and one write. With interval_us=0 events are written as fast as the socket takes them;
 * otherwise each stream keeps to its own schedule (a late event does not delay the ones after it). hold=1 sends one
 * event and then nothing. It reads no more of HTTP than it needs: requests of well-behaved proxies with a
 * Content-Length, one at a time on a connection. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define MAX_FD 20000
static const char head[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"
    "Transfer-Encoding: chunked\r\n\r\n";
static const char json[] =
    "data: {\"id\":\"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT\",\"object\":\"chat.completion.chunk\","
    "\"created\":1741569952,\"model\":\"gpt-4o-2024-08-06\",\"system_fingerprint\":\"fp_44709d6fcb\","
    "\"choices\":[{\"index\":0,\"delta\":{\"content\":\" Hello\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n";
static const char last[] = "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";

struct stream {
  char in[4096];
  size_t filled;
  long left;          /* events to send; -1: waiting for a request, -2: held */
  uint64_t due, pause; /* nanoseconds */
  char out[1024];     /* what the socket did not take */
  size_t pending, sent;
};
static struct stream *streams[MAX_FD];
static int poller, paced[MAX_FD], n_paced;
static char chunk[512];
static size_t chunk_size;

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
static long parameter(const char *line, const char *name, long otherwise) {
  const char *at = strstr(line, name);
  return at ? atol(at + strlen(name)) : otherwise;
}
static void watch(int fd, uint32_t events) {
  struct epoll_event e = {.events = events, .data.fd = fd};
  epoll_ctl(poller, EPOLL_CTL_MOD, fd, &e);
}
static void drop(int fd) {
  for (int i = 0; i < n_paced; i++)
    if (paced[i] == fd) paced[i--] = paced[--n_paced];
  close(fd);
  free(streams[fd]);
  streams[fd] = NULL;
}
/* Writes, keeping what is not taken. 1: all gone, 0: wait until writable, -1: connection lost. */
static int put(int fd, const char *bytes, size_t size) {
  struct stream *s = streams[fd];
  ssize_t n = write(fd, bytes, size);
  if (n < 0 && errno != EAGAIN) return -1;
  if (n < 0) n = 0;
  if ((size_t)n == size) return 1;
  memcpy(s->out, bytes + n, size - (size_t)n);
  s->pending = size - (size_t)n;
  s->sent = 0;
  watch(fd, EPOLLIN | EPOLLOUT);
  return 0;
}
/* Sends what is due. 0: fine, -1: connection lost. */
static int advance(int fd, uint64_t time) {
  struct stream *s = streams[fd];
  if (s->pending > 0) {
    ssize_t n = write(fd, s->out + s->sent, s->pending);
    if (n < 0) return errno == EAGAIN ? 0 : -1;
    s->sent += (size_t)n;
    if ((s->pending -= (size_t)n) > 0) return 0;
    watch(fd, EPOLLIN);
  }
  for (int burst = 0; s->left > 0 && (s->pause == 0 || s->due <= time); burst++) {
    if (s->pause == 0 && burst == 32) return watch(fd, EPOLLIN | EPOLLOUT), 0; /* let others have a turn */
    s->due += s->pause;
    s->left--;
    int done = put(fd, chunk, chunk_size);
    if (done <= 0) return done;
  }
  if (s->left == 0) {
    s->left = -1;
    for (int i = 0; i < n_paced; i++)
      if (paced[i] == fd) paced[i--] = paced[--n_paced];
    if (s->pause == 0) watch(fd, EPOLLIN);
    return put(fd, last, sizeof last - 1) < 0 ? -1 : 0;
  }
  return 0;
}
static int request(int fd) {
  struct stream *s = streams[fd];
  ssize_t n = read(fd, s->in + s->filled, sizeof s->in - 1 - s->filled);
  if (n <= 0) return n < 0 && errno == EAGAIN ? 0 : -1;
  s->in[s->filled += (size_t)n] = 0;
  char *end = strstr(s->in, "\r\n\r\n");
  if (end == NULL) return s->filled + 1 < sizeof s->in ? 0 : -1;
  const char *length = strcasestr(s->in, "content-length:");
  if (s->filled < (size_t)(end + 4 - s->in) + (length ? (size_t)atol(length + 15) : 0)) return 0;
  s->filled = 0;
  *strstr(s->in, "\r\n") = 0;
  int hold = parameter(s->in, "hold=", 0) != 0;
  s->left = hold ? 1 : parameter(s->in, "n=", 100);
  s->pause = (uint64_t)parameter(s->in, "interval_us=", 0) * 1000;
  s->due = now();
  if (put(fd, head, sizeof head - 1) < 0) return -1;
  if (hold) return s->left = -2, put(fd, chunk, chunk_size) < 0 ? -1 : 0;
  if (s->pause > 0) paced[n_paced++] = fd;
  return advance(fd, s->due);
}
int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  chunk_size = (size_t)sprintf(chunk, "%zx\r\n%s\r\n", sizeof json - 1, json);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argc > 1 ? argv[1] : "0"))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 4096) != 0)
    return perror("sse_source"), 1;
  poller = epoll_create1(0);
  struct epoll_event e = {.events = EPOLLIN, .data.fd = listener}, ready[512];
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &e);
  for (;;) {
    uint64_t time = now(), next = UINT64_MAX;
    for (int i = 0; i < n_paced; i++)
      if (streams[paced[i]]->pending == 0 && streams[paced[i]]->due < next) next = streams[paced[i]]->due;
    struct timespec wait = {0, 0};
    if (next != UINT64_MAX && next > time)
      wait = (struct timespec){(time_t)((next - time) / 1000000000u), (long)((next - time) % 1000000000u)};
    int n = epoll_pwait2(poller, ready, 512, next == UINT64_MAX ? NULL : &wait, NULL);
    for (int i = 0; i < n; i++) {
      int fd = ready[i].data.fd;
      if (fd == listener) {
        while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
          if (fd >= MAX_FD || (streams[fd] = calloc(1, sizeof **streams)) == NULL) { close(fd); continue; }
          streams[fd]->left = -1;
          setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          e = (struct epoll_event){.events = EPOLLIN, .data.fd = fd};
          epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e);
        }
        continue;
      }
      if (streams[fd] == NULL) continue;
      if ((ready[i].events & (EPOLLERR | EPOLLHUP)) != 0 || ((ready[i].events & EPOLLIN) && request(fd) != 0)
          || (streams[fd] && (ready[i].events & EPOLLOUT) && advance(fd, now()) != 0))
        drop(fd);
    }
    time = now();
    for (int i = n_paced - 1; i >= 0; i--) {
      int fd = paced[i];
      if (streams[fd]->pending == 0 && streams[fd]->due <= time && advance(fd, time) != 0) drop(fd);
      if (i > n_paced) i = n_paced;
    }
  }
}
