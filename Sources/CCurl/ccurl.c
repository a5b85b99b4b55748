#include "ccurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

/* The functions that are used; each is found by its name. */
#define FUNCTIONS(USE)                                                                                        \
  USE(curl_global_init) USE(curl_easy_init) USE(curl_easy_cleanup) USE(curl_easy_reset)                       \
  USE(curl_easy_strerror) USE(curl_easy_setopt) USE(curl_easy_getinfo) USE(curl_slist_append)                 \
  USE(curl_slist_free_all) USE(curl_multi_init) USE(curl_multi_cleanup) USE(curl_multi_setopt)                \
  USE(curl_multi_add_handle) USE(curl_multi_remove_handle) USE(curl_multi_perform) USE(curl_multi_poll)       \
  USE(curl_multi_info_read)

static struct {
#define MEMBER(name) __typeof__(&name) name;
  FUNCTIONS(MEMBER)
#undef MEMBER
} curl;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool is_loaded;
static const char *problem = "";

static void load(void) {
  void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    problem = "the library libcurl.so.4 is not installed; on Debian: apt-get install libcurl4";
    return;
  }
#define FIND(name)                                                                                            \
  curl.name = (__typeof__(curl.name))dlsym(library, #name);                                                   \
  if (curl.name == NULL) {                                                                                    \
    problem = "the library libcurl.so.4 is too old: it has no " #name;                                        \
    return;                                                                                                   \
  }
  FUNCTIONS(FIND)
#undef FIND
  if (curl.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    problem = "libcurl could not be initialised";
    return;
  }
  is_loaded = true;
}

bool ccurl_load(void) {
  pthread_once(&once, load);
  return is_loaded;
}

const char *ccurl_problem(void) { return problem; }

CURL *ccurl_easy_init(void) { return curl.curl_easy_init(); }
void ccurl_easy_cleanup(CURL *easy) { curl.curl_easy_cleanup(easy); }
void ccurl_easy_reset(CURL *easy) { curl.curl_easy_reset(easy); }
const char *ccurl_easy_strerror(CURLcode code) { return curl.curl_easy_strerror(code); }

CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
  return curl.curl_easy_setopt(easy, option, value);
}
CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
  return curl.curl_easy_setopt(easy, option, value);
}
CURLcode ccurl_set_text(CURL *easy, CURLoption option, const char *value) {
  return curl.curl_easy_setopt(easy, option, value);
}
CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) {
  return curl.curl_easy_setopt(easy, option, value);
}
CURLcode ccurl_set_callback(CURL *easy, CURLoption option, size_t (*call)(char *, size_t, size_t, void *)) {
  return curl.curl_easy_setopt(easy, option, call);
}

long ccurl_info_long(CURL *easy, CURLINFO info) {
  long value = 0;
  return curl.curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}
curl_off_t ccurl_info_size(CURL *easy, CURLINFO info) {
  curl_off_t value = 0;
  return curl.curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}
void *ccurl_info_pointer(CURL *easy, CURLINFO info) {
  void *value = NULL;
  return curl.curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : NULL;
}

struct curl_slist *ccurl_slist_append(struct curl_slist *list, const char *text) {
  return curl.curl_slist_append(list, text);
}
void ccurl_slist_free_all(struct curl_slist *list) { curl.curl_slist_free_all(list); }

CURLM *ccurl_multi_init(void) { return curl.curl_multi_init(); }
void ccurl_multi_cleanup(CURLM *multi) { curl.curl_multi_cleanup(multi); }
CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl.curl_multi_setopt(multi, option, value);
}
CURLMcode ccurl_multi_add_handle(CURLM *multi, CURL *easy) { return curl.curl_multi_add_handle(multi, easy); }
CURLMcode ccurl_multi_remove_handle(CURLM *multi, CURL *easy) {
  return curl.curl_multi_remove_handle(multi, easy);
}
CURLMcode ccurl_multi_perform(CURLM *multi, int *running) { return curl.curl_multi_perform(multi, running); }

CURLMcode ccurl_multi_poll(CURLM *multi, int descriptor, int timeout_ms, bool *is_readable) {
  struct curl_waitfd extra = {.fd = descriptor, .events = CURL_WAIT_POLLIN};
  CURLMcode code = curl.curl_multi_poll(
      multi, descriptor < 0 ? NULL : &extra, descriptor < 0 ? 0 : 1, timeout_ms, NULL);
  *is_readable = descriptor >= 0 && (extra.revents & CURL_WAIT_POLLIN) != 0;
  return code;
}

CURL *ccurl_multi_next_done(CURLM *multi, CURLcode *result) {
  for (int left = 1; left > 0;) {
    CURLMsg *message = curl.curl_multi_info_read(multi, &left);
    if (message == NULL) return NULL;
    if (message->msg != CURLMSG_DONE) continue;
    *result = message->data.result;
    return message->easy_handle;
  }
  return NULL;
}
