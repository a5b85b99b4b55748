/* Starts a thread while it is loaded, before anyone asked for an instance. */
#include <pthread.h>
#include <unistd.h>
#include "fixture.h"
static void *fx_work(void *unused) {
  for (;;) pause();
  return unused;
}
__attribute__((constructor)) static void fx_run(void) {
  pthread_t thread;
  pthread_create(&thread, 0, fx_work, 0);
}
