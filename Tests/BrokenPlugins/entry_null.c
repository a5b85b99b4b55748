/* The entry function declines. */
#define FX_OWN_ENTRY
#include "fixture.h"
const llmp_module_t *llm_proxy_plugin_entry_v0(const llmp_loader_t *loader) {
  (void)loader;
  return 0;
}
