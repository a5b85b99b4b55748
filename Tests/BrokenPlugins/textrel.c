/* An absolute address in the code, linked with -z notext: the loader would have to write into it. */
#include "fixture.h"
#if defined(__x86_64__) || defined(__aarch64__)
__asm__(".pushsection .text\n.balign 8\n.quad llm_proxy_plugin_entry_v0\n.popsection");
#endif
