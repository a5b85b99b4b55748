/* libcurl for Swift: the calls with a variable number of arguments get one function for each kind of argument.
 *
 * The library is opened at the first use and not linked, because it brings 25 others: linked, it costs every
 * server process 6 MiB and every command 5 ms, also those that never send a request. */
#ifndef CCURL_H
#define CCURL_H

/* The checks of these macros need the calls that only the shim makes. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <stdbool.h>

/* Opens the library and prepares it for this process; any thread, any number of times.
 * False when it is absent or too old; the sentence of ccurl_problem() says why. Nothing below may be called
 * before it has returned true. */
bool ccurl_load(void);
/* Why ccurl_load() returned false; valid for ever. */
const char *ccurl_problem(void);

CURL *ccurl_easy_init(void);
void ccurl_easy_cleanup(CURL *easy);
void ccurl_easy_reset(CURL *easy);
const char *ccurl_easy_strerror(CURLcode code);

CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value);
CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value);
CURLcode ccurl_set_text(CURL *easy, CURLoption option, const char *value);
CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value);
/* For CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION. */
CURLcode ccurl_set_callback(CURL *easy, CURLoption option, size_t (*call)(char *, size_t, size_t, void *));

/* The value, or 0 when there is none. */
long ccurl_info_long(CURL *easy, CURLINFO info);
curl_off_t ccurl_info_size(CURL *easy, CURLINFO info);
void *ccurl_info_pointer(CURL *easy, CURLINFO info);

/* Appends a copy of text; NULL when there is no memory, and the list is unchanged then. */
struct curl_slist *ccurl_slist_append(struct curl_slist *list, const char *text);
void ccurl_slist_free_all(struct curl_slist *list);

CURLM *ccurl_multi_init(void);
void ccurl_multi_cleanup(CURLM *multi);
CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value);
CURLMcode ccurl_multi_add_handle(CURLM *multi, CURL *easy);
CURLMcode ccurl_multi_remove_handle(CURLM *multi, CURL *easy);
CURLMcode ccurl_multi_perform(CURLM *multi, int *running);
/* Waits for the transfers, or until `descriptor` (ignored below 0) can be read; true in `is_readable` then. */
CURLMcode ccurl_multi_poll(CURLM *multi, int descriptor, int timeout_ms, bool *is_readable);
/* The next transfer that has ended, with its result; NULL when there is none. */
CURL *ccurl_multi_next_done(CURLM *multi, CURLcode *result);

#endif
