/* Changes what happens on SIGPIPE and SIGUSR2 while it is loaded. */
#include <signal.h>
#include "fixture.h"
static void fx_signal(int signal) { (void)signal; }
__attribute__((constructor)) static void fx_run(void) {
  signal(SIGUSR2, fx_signal);
  signal(SIGPIPE, SIG_DFL);
}
