/* Exports nothing: the function that should be the entry is not called so. */
#define FX_OWN_ENTRY
#include "fixture.h"
__attribute__((used)) static const llmp_module_t *plugin_entry(const llmp_loader_t *loader) {
  (void)loader;
  return 0;
}
