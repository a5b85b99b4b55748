/* The openai adapter offers nothing to include: it is reached through llm_proxy_plugin.h.
 * The build system asks for a public header; this is it. */
