/* policy - what a policy says about who may present a token: addresses and headers. */
#ifndef AUTH_POLICY_H
#define AUTH_POLICY_H

#include "llmp_policy.h"

#define AUTH_POLICY (LLMP_POLICY_IP_ALLOW | LLMP_POLICY_HEADERS)

/* IPv4 stands among the IPv6 addresses as ::ffff:a.b.c.d. */
typedef struct address_range {
  uint8_t bytes[16];
  unsigned bits;
} address_range_t;

typedef struct required_header {
  llmp_str_t name;         /* "x-proxy-team" */
  llmp_str_t value;
} required_header_t;

typedef struct auth_policy {
  llmp_compiled_t head;
  address_range_t *ranges; /* none = from everywhere */
  size_t n_ranges;
  required_header_t *headers;
  size_t n_headers;
} auth_policy_t;

llmp_compiled_t *auth_policy_compile(const llmp_policy_t *policy, llmp_err_t *e);
void auth_policy_release(llmp_compiled_t *compiled);

/* The client's address as the host shows it; text that is none is in no range. */
bool auth_policy_allows_address(const auth_policy_t *policy, llmp_str_t address);

#endif /* AUTH_POLICY_H */
