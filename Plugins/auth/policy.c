#include "policy.h"

#include <arpa/inet.h>

#include "llmp_config.h"
#include "llmp_json.h"

#define PREFIX "x-proxy-"
#define PREFIX_LEN (sizeof(PREFIX) - 1)

/* ------------------------------------------------------------------ addresses ---------------- */

/* 32 or 128: the width of the address family; 0 when the text is no address. A zone is cut off. */
static unsigned read_address(llmp_str_t text, uint8_t bytes[16]) {
  char copy[INET6_ADDRSTRLEN];
  const char *zone = text.len > 0 ? memchr(text.ptr, '%', text.len) : NULL;
  size_t n = zone != NULL ? (size_t)(zone - text.ptr) : text.len;
  if (n == 0 || n >= sizeof copy) return 0;
  memcpy(copy, text.ptr, n);
  copy[n] = 0;
  memset(bytes, 0, 16);
  if (inet_pton(AF_INET, copy, bytes + 12) == 1) {
    bytes[10] = bytes[11] = 0xFF;
    return 32;
  }
  return inet_pton(AF_INET6, copy, bytes) == 1 ? 128 : 0;
}

static bool read_range(llmp_str_t text, address_range_t *range) {
  const char *slash = memchr(text.ptr, '/', text.len);
  size_t n = slash != NULL ? (size_t)(slash - text.ptr) : text.len;
  unsigned width = read_address(llmp_slice(text.ptr, n), range->bytes), prefix = width;
  if (width == 0) return false;
  if (slash != NULL) {
    prefix = 0;
    for (const char *p = slash + 1; p < text.ptr + text.len; p++) {
      if (*p < '0' || *p > '9' || prefix > 128) return false;
      prefix = prefix * 10 + (unsigned)(*p - '0');
    }
  }
  if (prefix > width) return false;
  range->bits = prefix + (128 - width);
  return true;
}

static bool is_within(const address_range_t *range, const uint8_t bytes[16]) {
  unsigned whole = range->bits / 8, rest = range->bits % 8;
  if (memcmp(range->bytes, bytes, whole) != 0) return false;
  return rest == 0 || ((range->bytes[whole] ^ bytes[whole]) >> (8 - rest)) == 0;
}

bool auth_policy_allows_address(const auth_policy_t *policy, llmp_str_t address) {
  uint8_t bytes[16];
  if (policy->n_ranges == 0) return true;
  if (read_address(address, bytes) == 0) return false;
  for (size_t i = 0; i < policy->n_ranges; i++) {
    if (is_within(&policy->ranges[i], bytes)) return true;
  }
  return false;
}

static llmp_status_t compile_ranges(auth_policy_t *policy, json_t *list, llmp_err_t *e) {
  size_t i;
  json_t *element;
  policy->ranges = calloc(json_array_size(list) + 1, sizeof *policy->ranges);
  if (policy->ranges == NULL) return llmp_fail(e, LLMP_E_NO_MEMORY, "out of memory");
  json_array_foreach(list, i, element) {
    llmp_str_t text = llmp_slice(json_string_value(element), json_string_length(element));
    if (text.ptr == NULL || !read_range(text, &policy->ranges[policy->n_ranges])) {
      return llmp_fail(e, LLMP_E_INVALID, "policy: ip_allow[%zu] is no range of addresses", i);
    }
    policy->n_ranges++;
  }
  return LLMP_OK;
}

/* ------------------------------------------------------------------ headers ------------------ */

/* "team_name" is asked for as "x-proxy-team-name". */
static bool make_header(required_header_t *header, const char *key, json_t *value) {
  size_t n = strlen(key), len = json_string_length(value);
  char *memory = malloc(PREFIX_LEN + n + len + 1);
  if (memory == NULL) return false;
  memcpy(memory, PREFIX, PREFIX_LEN);
  for (size_t i = 0; i < n; i++) memory[PREFIX_LEN + i] = key[i] == '_' ? '-' : llmp_lower(key[i]);
  if (len > 0) memcpy(memory + PREFIX_LEN + n, json_string_value(value), len);
  header->name = llmp_slice(memory, PREFIX_LEN + n);
  header->value = llmp_slice(memory + PREFIX_LEN + n, len);
  return true;
}

static llmp_status_t compile_headers(auth_policy_t *policy, json_t *map, llmp_err_t *e) {
  const char *key;
  json_t *value;
  policy->headers = calloc(json_object_size(map) + 1, sizeof *policy->headers);
  if (policy->headers == NULL) return llmp_fail(e, LLMP_E_NO_MEMORY, "out of memory");
  json_object_foreach(map, key, value) {
    if (!json_is_string(value)) return llmp_fail(e, LLMP_E_INVALID, "policy: headers.%.64s is no text", key);
    if (!make_header(&policy->headers[policy->n_headers], key, value)) {
      return llmp_fail(e, LLMP_E_NO_MEMORY, "out of memory");
    }
    policy->n_headers++;
  }
  return LLMP_OK;
}

/* ------------------------------------------------------------------ policies ----------------- */

/* Only the member that is needed is parsed: others may hold numbers that jansson does not take. */
static llmp_status_t compile_member(auth_policy_t *policy, llmp_str_t text, const char *name,
                                    llmp_status_t (*compile)(auth_policy_t *, json_t *, llmp_err_t *),
                                    llmp_err_t *e) {
  llmp_str_t raw;
  json_error_t error;
  if (!llmp_json_member(text, llmp_slice(name, strlen(name)), &raw)) return LLMP_OK;
  json_t *value = json_loadb(raw.ptr, raw.len, 0, &error);
  llmp_status_t status = value != NULL
    ? compile(policy, value, e) : llmp_fail(e, LLMP_E_INVALID, "policy: %s: %s", name, error.text);
  json_decref(value);
  return status;
}

void auth_policy_release(llmp_compiled_t *compiled) {
  auth_policy_t *policy = (auth_policy_t *)compiled;
  for (size_t i = 0; i < policy->n_headers; i++) free((void *)(uintptr_t)policy->headers[i].name.ptr);
  free(policy->headers);
  free(policy->ranges);
  free(policy);
}

llmp_compiled_t *auth_policy_compile(const llmp_policy_t *source, llmp_err_t *e) {
  auth_policy_t *policy = calloc(1, sizeof *policy);
  if (policy == NULL) {
    (void)llmp_fail(e, LLMP_E_NO_MEMORY, "out of memory");
    return NULL;
  }
  if (compile_member(policy, source->json, "ip_allow", compile_ranges, e) != LLMP_OK ||
      compile_member(policy, source->json, "headers", compile_headers, e) != LLMP_OK) {
    auth_policy_release(&policy->head);
    return NULL;
  }
  /* What is missed of what the host says is there would let pass. */
  if (((source->members & LLMP_POLICY_IP_ALLOW) != 0 && policy->n_ranges == 0) ||
      ((source->members & LLMP_POLICY_HEADERS) != 0 && policy->n_headers == 0)) {
    auth_policy_release(&policy->head);
    (void)llmp_fail(e, LLMP_E_INVALID, "a policy cannot be compiled");
    return NULL;
  }
  return &policy->head;
}
