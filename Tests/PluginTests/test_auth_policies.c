/* The auth stage under policies: argument 1 is its shared library. */
#include "fakehost.h"

#define GOOD "sk-AZqk5D5vf6OQd1s0bJ0b-w"
#define IP LLMP_POLICY_IP_ALLOW
#define HEADERS LLMP_POLICY_HEADERS

static fh_t *opened(void) {
  fh_t *h = fh_open(check_argument);
  (void)fh_add_token(h, GOOD, LLMP_TOKEN_ACTIVE);
  CHECK_INT(fh_create(h, "{}", NULL), LLMP_OK);
  return h;
}

static fh_request_t *from(fh_t *h, const char *address) {
  fh_request_t *q = fh_begin(h, "GET", "/v1/models", NULL);
  free(q->client);
  q->client = fh_copy(address, strlen(address));
  fh_add(q, LLMP_MAP_REQUEST, "authorization", "Bearer " GOOD);
  return q;
}

static void check_refused(fh_request_t *q, uint32_t status, const char *code) {
  CHECK_INT(fh_request_headers(q), LLMP_RESPOND);
  CHECK_INT(q->status, status);
  CHECK_TEXT(q->code, code);
}

static void addresses(void) {
  static const struct { const char *ranges, *address; bool allowed; } cases[] = {
    {"\"10.0.0.0/8\"", "10.1.2.3", true}, {"\"10.0.0.0/8\"", "11.0.0.0", false},
    {"\"10.0.0.0/8\"", "::ffff:10.9.9.9", true}, {"\"10.0.0.0/8\"", "9.255.255.255", false},
    {"\"0.0.0.0/0\"", "255.1.1.1", true}, {"\"0.0.0.0/0\"", "2001:db8::1", false},
    {"\"192.0.2.7\"", "192.0.2.7", true}, {"\"192.0.2.7\"", "192.0.2.8", false},
    {"\"192.0.2.128/25\"", "192.0.2.200", true}, {"\"192.0.2.128/25\"", "192.0.2.127", false},
    {"\"2001:db8::/33\"", "2001:db8:7fff::1", true}, {"\"2001:db8::/33\"", "2001:db8:8000::1", false},
    {"\"::/0\"", "2001:db8::1", true}, {"\"::/0\"", "10.0.0.1", true}, {"\"::1\"", "::1%lo", true},
    {"\"10.0.0.0/8\",\"::1\"", "::1", true}, {"\"10.0.0.0/8\"", "", false},
    {"\"10.0.0.0/8\"", "no address", false}, {"\"10.0.0.0/8\"", "10.1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18", false},
  };
  fh_t *h = opened();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char json[256];
    snprintf(json, sizeof json, "{\"ip_allow\":[%s]}", cases[i].ranges);
    h->n_policies = 0;
    h->policy_generation = i * 8;
    fh_policy(h, LLMP_POLICY_OF_TOKEN, IP, json);
    fh_request_t *q = from(h, cases[i].address);
    if (cases[i].allowed) {
      if (fh_request_headers(q) != LLMP_CONTINUE) CHECK_FAIL("%s refuses %s", json, cases[i].address);
    } else {
      check_refused(q, 403, "ip_not_allowed");
    }
  }
  fh_close(h);
}

static void headers(void) {
  fh_t *h = opened();
  fh_policy(h, LLMP_POLICY_OF_PROJECT, HEADERS, "{\"headers\":{\"Team_Name\":\"b\\\"lue\",\"x\":\"1\"}}");
  fh_request_t *q = from(h, "10.0.0.1");
  check_refused(q, 401, "header_required");
  CHECK_HOLDS(q->message, "x-proxy-team-name");
  CHECK_TEXT(fh_value(&q->maps[LLMP_MAP_RESPONSE], "www-authenticate", 0), "Bearer");
  q = from(h, "10.0.0.1");
  fh_add(q, LLMP_MAP_REQUEST, "x-proxy-team-name", "blue");
  check_refused(q, 403, "header_mismatch");
  if (strstr(q->message, "b\"lue") != NULL) CHECK_FAIL("the value is told: %s", q->message);
  q = from(h, "10.0.0.1");
  fh_add(q, LLMP_MAP_REQUEST, "x-proxy-team-name", " b\"lue ");
  check_refused(q, 401, "header_required");
  CHECK_INT(h->applied, 0);
  q = from(h, "10.0.0.1");
  fh_add(q, LLMP_MAP_REQUEST, "x-proxy-team-name", "b\"lue");
  fh_add(q, LLMP_MAP_REQUEST, "x-proxy-x", "1");
  fh_add(q, LLMP_MAP_UPSTREAM_REQUEST, "x-proxy-x", "1");
  CHECK_INT(fh_request_headers(q), LLMP_CONTINUE);
  CHECK_INT(h->applied, IP | HEADERS);
  CHECK(fh_value(&q->maps[LLMP_MAP_UPSTREAM_REQUEST], "x-proxy-x", 0) == NULL);
  fh_close(h);
}

static void every_policy_counts(void) {
  fh_t *h = opened();
  fh_policy(h, LLMP_POLICY_OF_PROJECT, IP, "{\"ip_allow\":[\"10.0.0.0/8\"]}");
  fh_policy(h, LLMP_POLICY_OF_PROJECT, LLMP_POLICY_MODELS, "{\"models\":[\"a\"]}");
  fh_policy(h, LLMP_POLICY_OF_TOKEN, IP, "{\"ip_allow\":[\"10.1.0.0/16\"],\"parameters\":{\"n\":{\"force\":1e999}}}");
  CHECK_INT(fh_request_headers(from(h, "10.1.0.1")), LLMP_CONTINUE);
  check_refused(from(h, "10.2.0.1"), 403, "ip_not_allowed");
  check_refused(from(h, "11.1.0.1"), 403, "ip_not_allowed");
  fh_close(h);
}

static void an_unreadable_policy_lets_nothing_pass(void) {
  fh_t *h = opened();
  fh_policy(h, LLMP_POLICY_OF_TOKEN, LLMP_POLICY_UNREADABLE, "{\"of_the_future\":1}");
  check_refused(from(h, "10.1.0.1"), 503, "policy_not_applied");
  h->n_policies = 0;
  h->policy_generation = 100;
  fh_policy(h, LLMP_POLICY_OF_TOKEN, IP, "{\"ip_allow\":[\"no range\"]}");
  CHECK_INT(fh_request_headers(from(h, "10.1.0.1")), LLMP_ERROR);
  fh_close(h);
}

static void many_policies_are_compiled_and_forgotten(void) {
  fh_t *h = opened();
  fh_policy(h, LLMP_POLICY_OF_TOKEN, IP | HEADERS, "{\"ip_allow\":[\"10.0.0.0/8\"],\"headers\":{\"a\":\"b\"}}");
  for (uint64_t i = 0; i < 5000; i++) {
    h->policy_generation = i * 3 % 4096;
    fh_request_t *q = from(h, "10.0.0.1");
    fh_add(q, LLMP_MAP_REQUEST, "x-proxy-a", "b");
    CHECK_INT(fh_request_headers(q), LLMP_CONTINUE);
    fh_end(q);
  }
  fh_close(h);
}

static const check_case_t cases[] = {
  {"addresses are within a range or refused", addresses},
  {"headers have to be there with their value", headers},
  {"every policy has to be content", every_policy_counts},
  {"a policy that cannot be read lets nothing pass", an_unreadable_policy_lets_nothing_pass},
  {"many policies are compiled and forgotten", many_policies_are_compiled_and_forgotten},
};
CHECK_MAIN(cases)
