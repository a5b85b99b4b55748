/* Writes a body's letters in capitals and marks its head: a stage that rewrites answers. */
#define NAME "shout"
#include "stage.h"

HOOK(head) {
  UNUSED;
  host->req->hdr_add(r, LLMP_MAP_RESPONSE, STR("x-shout"), STR("yes"));
  return LLMP_CONTINUE;
}

HOOK(begin) {
  UNUSED;
  return LLMP_CONTINUE;
}

static llmp_verdict_t chunk(void *inst, llmp_req_t *r, void **slot, llmp_str_t bytes, llmp_out_t *out, llmp_err_t *e) {
  UNUSED;
  for (size_t i = 0; i < bytes.len; i++) {
    char letter = bytes.ptr[i] >= 'a' && bytes.ptr[i] <= 'z' ? (char)(bytes.ptr[i] - 32) : bytes.ptr[i];
    if (host->out->bytes(out, (llmp_str_t){&letter, 1}) != LLMP_OK) return LLMP_ERROR;
  }
  return LLMP_REPLACE;
}

STAGE(.request_headers = begin, .response_headers = head, .response_chunk = chunk)
