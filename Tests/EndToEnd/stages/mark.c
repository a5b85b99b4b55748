/* Adds its mark to what goes to the provider and to what comes back. Two builds with different marks show the order. */
#define NAME "mark-" MARK
#include "stage.h"

HOOK(mark_request) {
  UNUSED;
  host->req->hdr_add(r, LLMP_MAP_UPSTREAM_REQUEST, STR("x-mark"), STR(MARK));
  return LLMP_CONTINUE;
}

HOOK(mark_response) {
  UNUSED;
  host->req->hdr_add(r, LLMP_MAP_RESPONSE, STR("x-mark"), STR(MARK));
  return LLMP_CONTINUE;
}

STAGE(.request_headers = mark_request, .response_headers = mark_response)
