/* Exports the entry symbol of another ABI major. */
#define FX_OWN_ENTRY
#include "fixture.h"
LLMP_EXPORT const llmp_module_t *llm_proxy_plugin_entry_v1(const llmp_loader_t *loader) {
  (void)loader;
  return 0;
}
