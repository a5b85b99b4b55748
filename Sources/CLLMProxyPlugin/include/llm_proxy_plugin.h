/* llm_proxy_plugin.h - plugin ABI of llm-proxy, major version 0.
 *
 * Major 0 makes no promise between releases: rebuild plugins with the header of the host they run
 * in. It becomes 1 (and frozen) once an adapter with its own stream framing has lived on it.
 *
 * A plugin is a shared library that exports ONE function (LLMP_ENTRY_SYMBOL). Everything else is
 * reached through tables of function pointers: the plugin hands the host a module descriptor, the
 * host hands the plugin a host table. Nothing is resolved by name after the entry symbol, and the
 * plugin links against nothing of ours.
 *
 * RULES (normative; `llm-proxy plugin check` tests most of them)
 *  R1  Growth. A struct whose first field is `struct_size` grows only by appending fields. Who
 *      provides the storage stores the sizeof() of its own compile time there (for out-structs:
 *      the caller); the other side uses LLMP_HAS() before reading or writing any field newer than
 *      minor 0. Such a struct is never embedded in another one or laid out in an array: it is
 *      passed by pointer, and lists of them are arrays of pointers. Structs without struct_size
 *      are frozen. New capabilities come as new services and extensions ("name/REV"); the meaning
 *      of an existing field never changes.
 *  R2  Reserved fields are zero when written and ignored when read. Unknown enum values: the host
 *      treats an unknown verdict as LLMP_ERROR, a plugin ignores an unknown event or flag.
 *  R3  Ownership. Whoever allocates frees; no pointer is ever passed to the other side's free().
 *      llmp_str_t is BORROWED, is not NUL-terminated, and may hold any byte (header values and
 *      bodies are not promised to be UTF-8). What the host lends is valid until the hook that
 *      received it returns, or until that hook changes the same map or body - whichever is first.
 *      A hook that returned LLMP_PAUSE counts as running until on_event gives another verdict or
 *      request_done returns; meanwhile any thread of the plugin may read what it was lent.
 *      What the plugin passes in is copied before the call returns, unless the function says
 *      otherwise. Keep bytes longer: copy them, or take a blob.
 *  R4  Every (fn, ud, ud_free) triple: ud_free runs exactly once, after the last use of ud, on any
 *      thread, also when the call failed or was cancelled.
 *  R5  Threads. Each function carries one tag:
 *        [any]      any thread, any time, concurrently
 *        [request]  only inside a hook or completion the host runs for that request. Those are
 *                   serialized (never two at once, each happens-before the next) but hop between
 *                   OS threads: keep no thread-local state across hooks
 *        [instance] serialized per instance: lifecycle functions
 *        [setup]    only inside create/reconfigure
 *      Hooks of different requests run concurrently on one instance.
 *  R6  A hook does not block: no sleeping, no file or network waits, no lock held by a blocked
 *      thread. Return LLMP_PAUSE and resume later, or set LLMP_COMP_MAY_BLOCK so the host moves
 *      the stage's hooks to its blocking pool. The host times every hook and reports slow ones.
 *  R7  Nothing unwinds across the boundary: no C++ exception, Rust panic, Swift trap, longjmp.
 *      Under C++ every function pointer here is noexcept.
 *  R8  A plugin leaves process-wide state alone: signals, locale, environment, cwd, umask, stdio
 *      buffering, fork, exit, allocator hooks, thread priorities, atexit handlers.
 *  R9  destroy() returns only when no thread of the plugin can still run its code for that
 *      instance, and every ref, blob, timer and call it took has been released or has completed.
 *  R10 No re-entry: a host function never calls into the plugin before it returns. Completions,
 *      resumes and timers are queued and run later, also when the result is known at once.
 */
#ifndef LLM_PROXY_PLUGIN_H
#define LLM_PROXY_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#define LLMP_ABI_MAJOR 0
#define LLMP_ABI_MINOR 0
#define LLMP_ENTRY_SYMBOL "llm_proxy_plugin_entry_v0"

#if defined(__GNUC__) || defined(__clang__)
#  define LLMP_EXPORT __attribute__((visibility("default"), used))
#else
#  define LLMP_EXPORT
#endif
#if defined(__cplusplus)
#  define LLMP_NX noexcept
#  define LLMP_STATIC_ASSERT(c, m) static_assert(c, m)
extern "C" {
#else
#  define LLMP_NX
#  define LLMP_STATIC_ASSERT(c, m) _Static_assert(c, m)
#endif

/* True when the struct behind p was built with field f and f fits in it (R1). */
#define LLMP_HAS(T, p, f) \
  ((p) != NULL && (p)->struct_size >= offsetof(T, f) + sizeof(((T *)0)->f))
/* ... and f, a function pointer, is set. */
#define LLMP_CAN(T, p, f) (LLMP_HAS(T, p, f) && (p)->f != NULL)

/* ------------------------------------------------------------------ leaf types (frozen) ----- */

typedef struct llmp_str { const char *ptr; size_t len; } llmp_str_t;
#define LLMP_LIT(s) { (s), sizeof(s) - 1 }

typedef struct llmp_header { llmp_str_t name; llmp_str_t value; } llmp_header_t;

/* Handles. Treat as opaque; they are complete types only so that typed pointers survive in
 * languages that erase pointers to incomplete structs (Swift imports those as OpaquePointer). */
typedef struct llmp_ctx     { void *opaque_; } llmp_ctx_t;     /* host side of one instance        */
typedef struct llmp_req     { void *opaque_; } llmp_req_t;     /* one request, [request] only      */
typedef struct llmp_req_ref { void *opaque_; } llmp_req_ref_t; /* counted handle on a request, [any] */
typedef struct llmp_out     { void *opaque_; } llmp_out_t;     /* writer lent to a stream hook     */
typedef struct llmp_blob    { void *opaque_; } llmp_blob_t;    /* counted immutable bytes, [any]   */

typedef int32_t llmp_status_t;
#define LLMP_OK               ((llmp_status_t)0)
#define LLMP_E_INVALID        ((llmp_status_t)-1)   /* bad argument or bad configuration          */
#define LLMP_E_NOT_FOUND      ((llmp_status_t)-2)
#define LLMP_E_UNSUPPORTED    ((llmp_status_t)-3)   /* unknown service, map, attribute, kind      */
#define LLMP_E_WOULD_BLOCK    ((llmp_status_t)-4)   /* not available without waiting; buffer full */
#define LLMP_E_LIMIT          ((llmp_status_t)-5)   /* a size or count limit was hit              */
#define LLMP_E_DENIED         ((llmp_status_t)-6)   /* not granted to this instance by config     */
#define LLMP_E_STATE          ((llmp_status_t)-7)   /* wrong phase, wrong thread, request over    */
#define LLMP_E_CANCELLED      ((llmp_status_t)-8)
#define LLMP_E_TIMEOUT        ((llmp_status_t)-9)
#define LLMP_E_IO             ((llmp_status_t)-10)
#define LLMP_E_NO_MEMORY      ((llmp_status_t)-11)
#define LLMP_E_INTERNAL       ((llmp_status_t)-99)

/* What a hook tells the host. */
typedef uint32_t llmp_verdict_t;
#define LLMP_CONTINUE ((llmp_verdict_t)0) /* go on; stream hooks: forward the input unchanged      */
#define LLMP_RESPOND  ((llmp_verdict_t)1) /* the reply given to req->respond* is the response      */
#define LLMP_PAUSE    ((llmp_verdict_t)2) /* hold this request here until req_resume()             */
#define LLMP_ERROR    ((llmp_verdict_t)3) /* stage failed: config decides fail-open or fail-closed */
#define LLMP_DETACH   ((llmp_verdict_t)4) /* go on, and call only request_done for this request    */
#define LLMP_REPLACE  ((llmp_verdict_t)5) /* stream hooks: forward what was written to `out`       */
#define LLMP_DROP     ((llmp_verdict_t)6) /* stream hooks: forward nothing for this input          */
#define LLMP_REPLAY   ((llmp_verdict_t)7) /* the reply given to req->respond stands for the provider's
                                             answer, which was kept: see llmp_middleware_t         */

/* Error text goes into a buffer of the caller: no allocation crosses the boundary. */
typedef struct llmp_err {
  uint32_t struct_size;
  llmp_status_t code;
  char message[248];            /* UTF-8, NUL-terminated, truncated to fit */
} llmp_err_t;

/* ------------------------------------------------------------------ enumerations ------------ */

typedef uint32_t llmp_kind_t;
#define LLMP_KIND_MIDDLEWARE    ((llmp_kind_t)1)
#define LLMP_KIND_PROVIDER      ((llmp_kind_t)2)
#define LLMP_KIND_STREAM_FILTER ((llmp_kind_t)3)
#define LLMP_KIND_EVENT_SINK    ((llmp_kind_t)4)
#define LLMP_KIND_TRANSPORT     ((llmp_kind_t)5)

typedef uint32_t llmp_level_t;
#define LLMP_LOG_TRACE ((llmp_level_t)0)
#define LLMP_LOG_DEBUG ((llmp_level_t)1)
#define LLMP_LOG_INFO  ((llmp_level_t)2)
#define LLMP_LOG_WARN  ((llmp_level_t)3)
#define LLMP_LOG_ERROR ((llmp_level_t)4)

typedef uint32_t llmp_map_t;
#define LLMP_MAP_REQUEST           ((llmp_map_t)0) /* client -> proxy                               */
#define LLMP_MAP_RESPONSE          ((llmp_map_t)1) /* proxy -> client                               */
#define LLMP_MAP_UPSTREAM_REQUEST  ((llmp_map_t)2) /* proxy -> provider, rebuilt for every attempt  */
#define LLMP_MAP_UPSTREAM_RESPONSE ((llmp_map_t)3) /* provider -> proxy, read-only                  */

typedef uint32_t llmp_attr_t;
#define LLMP_ATTR_REQUEST_ID    ((llmp_attr_t)1)
#define LLMP_ATTR_METHOD        ((llmp_attr_t)2)
#define LLMP_ATTR_PATH          ((llmp_attr_t)3)  /* percent-encoded, without query                */
#define LLMP_ATTR_QUERY         ((llmp_attr_t)4)
#define LLMP_ATTR_AUTHORITY     ((llmp_attr_t)5)
#define LLMP_ATTR_PROTOCOL      ((llmp_attr_t)6)  /* "HTTP/1.1", "HTTP/2"                          */
#define LLMP_ATTR_CLIENT_ADDR   ((llmp_attr_t)7)  /* after the trusted-proxy rules                 */
#define LLMP_ATTR_OPERATION     ((llmp_attr_t)8)  /* "chat.completions", "embeddings", "responses" */
#define LLMP_ATTR_TRACEPARENT   ((llmp_attr_t)9)
#define LLMP_ATTR_UPSTREAM_URL  ((llmp_attr_t)10) /* provider prepare hook: absolute URL           */
#define LLMP_ATTR_UPSTREAM_METHOD ((llmp_attr_t)11)
#define LLMP_ATTR_INSTANCE      ((llmp_attr_t)12) /* name of the running stage                     */
#define LLMP_ATTR_API           ((llmp_attr_t)13) /* name of the API under `apis:` it is routed to */
#define LLMP_ATTR_DENIED_BY     ((llmp_attr_t)14) /* stage that answered itself, empty if none     */
#define LLMP_ATTR_UPSTREAM_HOST ((llmp_attr_t)15) /* host:port of the last attempt, empty if none  */

/* Typed metadata shared by the stages of one request. Keys below 1024 are fixed here; others are
 * interned with host->meta_key(). Only the stage that lists a key under `provides` may write it. */
typedef uint32_t llmp_key_t;
#define LLMP_META_TOKEN_ID       ((llmp_key_t)1)   /* str */
#define LLMP_META_PROJECT_ID     ((llmp_key_t)2)   /* str */
#define LLMP_META_TENANT_ID      ((llmp_key_t)3)   /* str */
#define LLMP_META_MODEL          ((llmp_key_t)4)   /* str: as the client asked                    */
#define LLMP_META_MODEL_RESOLVED ((llmp_key_t)5)   /* str: as sent upstream                       */
#define LLMP_META_PROVIDER       ((llmp_key_t)6)   /* str */
#define LLMP_META_STREAM         ((llmp_key_t)7)   /* i64: 1 when the client asked for SSE        */
#define LLMP_META_TOKENS_EST     ((llmp_key_t)8)   /* i64: estimate before the call               */
#define LLMP_META_COST_MICROS    ((llmp_key_t)9)   /* i64: millionths of the billing currency     */
#define LLMP_META_CACHE_STATUS   ((llmp_key_t)10)  /* str: "hit", "miss", "stored" (a miss that is one no
                                                      more), "bypass"; the host counts by it      */
#define LLMP_META_DENY_REASON    ((llmp_key_t)11)  /* str */

/* Filled by the provider adapter; -1 = the provider did not say. */
typedef struct llmp_usage {
  uint32_t struct_size;
  uint32_t flags;                 /* LLMP_USAGE_* */
  int64_t  input_tokens;
  int64_t  output_tokens;
  int64_t  total_tokens;
  int64_t  cached_input_tokens;
  int64_t  cache_write_tokens;
  int64_t  reasoning_tokens;
  int64_t  audio_input_tokens;
  int64_t  audio_output_tokens;
} llmp_usage_t;
#define LLMP_USAGE_FINAL     (1u << 0)  /* last word for this call                               */
#define LLMP_USAGE_ESTIMATED (1u << 1)  /* counted by the proxy, not reported by the provider    */

/* What is known of an exchange so far; complete in request_done. Durations in microseconds, 0 =
 * it did not happen. */
typedef struct llmp_exchange {
  uint32_t struct_size;
  uint32_t http_status;           /* as sent to the client; 0 = nothing was sent              */
  uint32_t flags;                 /* LLMP_EXCHANGE_*                                          */
  uint32_t attempts;              /* upstream attempts made                                   */
  int64_t  received_unix_ms;      /* first byte of the head                                   */
  uint64_t duration_us;           /* first byte of the head until now or until the end        */
  uint64_t first_byte_us;         /* ... until the answer's first byte left                   */
  uint64_t upstream_connect_us;   /* 0 when a pooled connection served                        */
  uint64_t upstream_head_us;      /* attempt begun until its head was there                   */
  uint64_t upstream_us;           /* attempt begun until its end                              */
  uint64_t request_bytes, response_bytes;   /* bodies, without transfer framing               */
} llmp_exchange_t;
#define LLMP_EXCHANGE_STREAMED        (1u << 0)  /* the answer was an event stream              */
#define LLMP_EXCHANGE_CLIENT_GONE     (1u << 1)  /* the client left before the end              */
#define LLMP_EXCHANGE_UPSTREAM_FAILED (1u << 2)  /* the last attempt broke                      */
#define LLMP_EXCHANGE_STAGE_FAILED    (1u << 3)  /* a stage failed, open or closed              */
#define LLMP_EXCHANGE_GATEWAY_REPLY   (1u << 4)  /* the answer is ours, not the provider's      */

/* One server-sent event, already de-framed by the host (multi-line data joined with '\n'). */
typedef struct llmp_sse {
  uint32_t struct_size;
  uint32_t flags;                 /* LLMP_SSE_* */
  llmp_str_t event;               /* empty when the field was absent */
  llmp_str_t data;
  llmp_str_t id;
} llmp_sse_t;
#define LLMP_SSE_DONE (1u << 0)   /* the terminator of the dialect, e.g. data: [DONE]            */

/* ------------------------------------------------------------------ host tables ------------- */

typedef void (*llmp_free_fn)(void *ud);   /* R4; [any] */

/* Access to a request. Every `r` is [request]; functions on refs and blobs are [any]. */
typedef struct llmp_request_api {
  uint32_t struct_size;
  uint32_t reserved0;

  /* attributes */
  llmp_status_t (*attr_get)(llmp_req_t *r, llmp_attr_t a, llmp_str_t *value) LLMP_NX;
  llmp_status_t (*attr_set)(llmp_req_t *r, llmp_attr_t a, llmp_str_t value) LLMP_NX;
  uint64_t      (*deadline_ns)(llmp_req_t *r) LLMP_NX;   /* monotonic clock; 0 = none */
  uint32_t      (*is_cancelled)(llmp_req_t *r) LLMP_NX;

  /* headers. Names compare case-insensitively and are stored lower-case; a name may repeat.
   * The host refuses bytes that would break framing (CR, LF, NUL) with LLMP_E_INVALID. */
  size_t        (*hdr_count)(llmp_req_t *r, llmp_map_t m) LLMP_NX;
  llmp_status_t (*hdr_at)(llmp_req_t *r, llmp_map_t m, size_t i, llmp_header_t *h) LLMP_NX;
  llmp_status_t (*hdr_get)(llmp_req_t *r, llmp_map_t m, llmp_str_t name, size_t nth,
                           llmp_str_t *value) LLMP_NX;
  llmp_status_t (*hdr_set)(llmp_req_t *r, llmp_map_t m, llmp_str_t name, llmp_str_t value) LLMP_NX;
  llmp_status_t (*hdr_add)(llmp_req_t *r, llmp_map_t m, llmp_str_t name, llmp_str_t value) LLMP_NX;
  llmp_status_t (*hdr_remove)(llmp_req_t *r, llmp_map_t m, llmp_str_t name) LLMP_NX;

  /* bodies, in the hook that owns them (request_body, response_body, prepare, upstream_body).
   * body_get makes one contiguous view; body_set replaces; the host fixes content-length. */
  llmp_status_t (*body_get)(llmp_req_t *r, llmp_map_t m, llmp_str_t *bytes) LLMP_NX;
  llmp_status_t (*body_set)(llmp_req_t *r, llmp_map_t m, llmp_str_t bytes) LLMP_NX;
  llmp_status_t (*body_blob)(llmp_req_t *r, llmp_map_t m, llmp_blob_t **retained) LLMP_NX;
  llmp_status_t (*body_set_blob)(llmp_req_t *r, llmp_map_t m, llmp_blob_t *b) LLMP_NX; /* retains */

  /* response status */
  uint32_t      (*status_get)(llmp_req_t *r, llmp_map_t m) LLMP_NX;
  llmp_status_t (*status_set)(llmp_req_t *r, uint32_t http_status) LLMP_NX;

  /* own reply; then return LLMP_RESPOND (or resume with it). respond_error renders the error in
   * the dialect the client spoke: {"error":{"message","type","param","code"}} for OpenAI paths. */
  llmp_status_t (*respond)(llmp_req_t *r, uint32_t http_status, const llmp_header_t *h, size_t n,
                           llmp_str_t body) LLMP_NX;
  llmp_status_t (*respond_error)(llmp_req_t *r, uint32_t http_status, llmp_str_t type,
                                 llmp_str_t code, llmp_str_t message) LLMP_NX;
  /* streamed own reply (cache replay, mock, fan-in): begin here, write through the ref. */
  llmp_status_t (*respond_stream)(llmp_req_t *r, uint32_t http_status, const llmp_header_t *h,
                                  size_t n) LLMP_NX;

  /* metadata and usage */
  llmp_status_t (*meta_get_str)(llmp_req_t *r, llmp_key_t k, llmp_str_t *v) LLMP_NX;
  llmp_status_t (*meta_get_i64)(llmp_req_t *r, llmp_key_t k, int64_t *v) LLMP_NX;
  llmp_status_t (*meta_get_f64)(llmp_req_t *r, llmp_key_t k, double *v) LLMP_NX;
  llmp_status_t (*meta_set_str)(llmp_req_t *r, llmp_key_t k, llmp_str_t v) LLMP_NX;
  llmp_status_t (*meta_set_i64)(llmp_req_t *r, llmp_key_t k, int64_t v) LLMP_NX;
  llmp_status_t (*meta_set_f64)(llmp_req_t *r, llmp_key_t k, double v) LLMP_NX;
  llmp_status_t (*usage_get)(llmp_req_t *r, llmp_usage_t *u) LLMP_NX;
  llmp_status_t (*exchange_get)(llmp_req_t *r, llmp_exchange_t *x) LLMP_NX;

  /* log line with request id, stage and trace attached; fields_json may be empty */
  void          (*log)(llmp_req_t *r, llmp_level_t l, llmp_str_t msg, llmp_str_t fields_json) LLMP_NX;

  /* refs: the only way to speak about a request from another thread. A ref does not keep the
   * request alive, only the handle: after the request ended every call gives LLMP_E_STATE. */
  llmp_req_ref_t *(*ref)(llmp_req_t *r) LLMP_NX;
  void          (*ref_release)(llmp_req_ref_t *f) LLMP_NX;                            /* [any] */
  /* Queue one call of this instance's on_event(cookie) in the request's context. [any] */
  llmp_status_t (*resume)(llmp_req_ref_t *f, uint64_t cookie) LLMP_NX;
  llmp_status_t (*stream_write)(llmp_req_ref_t *f, llmp_str_t bytes) LLMP_NX;         /* [any]; LLMP_E_WOULD_BLOCK: wait for LLMP_EV_WRITABLE */
  llmp_status_t (*stream_end)(llmp_req_ref_t *f) LLMP_NX;                             /* [any] */
} llmp_request_api_t;

/* Output of stream hooks; `o` is valid only inside the hook that received it. The host buffers
 * and applies backpressure upstream, so writes do not block; they fail with LLMP_E_LIMIT beyond
 * the configured expansion limit. */
typedef struct llmp_out_api {
  uint32_t struct_size;
  uint32_t reserved0;
  llmp_status_t (*bytes)(llmp_out_t *o, llmp_str_t b) LLMP_NX;
  llmp_status_t (*sse)(llmp_out_t *o, llmp_str_t event, llmp_str_t data, llmp_str_t id) LLMP_NX;
} llmp_out_api_t;

typedef struct llmp_blob_api {
  uint32_t struct_size;
  uint32_t reserved0;
  llmp_blob_t *(*copy)(llmp_ctx_t *c, llmp_str_t b) LLMP_NX;                          /* [any] */
  llmp_blob_t *(*adopt)(llmp_ctx_t *c, llmp_str_t b, llmp_free_fn ud_free, void *ud) LLMP_NX; /* [any] no copy */
  llmp_str_t  (*view)(llmp_blob_t *b) LLMP_NX;                                        /* [any] */
  void        (*retain)(llmp_blob_t *b) LLMP_NX;
  void        (*release)(llmp_blob_t *b) LLMP_NX;
} llmp_blob_api_t;

/* Given to create(); one per instance; valid until that instance's destroy() has returned. */
typedef struct llmp_host {
  uint32_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t reserved0;
  llmp_str_t name;                       /* "llm-proxy" */
  llmp_str_t version;                    /* for logs only: test features, not versions */
  llmp_ctx_t *ctx;
  const llmp_request_api_t *req;
  const llmp_out_api_t     *out;
  const llmp_blob_api_t    *blob;
  /* [any] NULL when absent or not granted. Ids are "llmp.name/REV"; the table never changes. */
  const void *(*get_service)(llmp_ctx_t *c, const char *id) LLMP_NX;
  void        (*log)(llmp_ctx_t *c, llmp_level_t l, llmp_str_t msg, llmp_str_t fields_json) LLMP_NX; /* [any] */
  uint64_t    (*now_mono_ns)(llmp_ctx_t *c) LLMP_NX;                                  /* [any] */
  int64_t     (*now_unix_ms)(llmp_ctx_t *c) LLMP_NX;                                  /* [any] */
  llmp_status_t (*meta_key)(llmp_ctx_t *c, llmp_str_t name, llmp_key_t *k) LLMP_NX;   /* [setup] */
  void        (*drained)(llmp_ctx_t *c) LLMP_NX;                                      /* [any] answer to drain() */
} llmp_host_t;

/* ------------------------------------------------------------------ host services ----------- */
/* Each is optional: get_service() and check for NULL. A breaking change is a new /REV. */

#define LLMP_SVC_STORE "llmp.store/1"          /* tokens and projects; backed by SQLite in the host */
typedef struct llmp_token {
  uint32_t struct_size;
  uint32_t state;                              /* LLMP_TOKEN_* */
  llmp_str_t token_id, project_id, tenant_id, label;
  int64_t  expires_unix_ms;                    /* 0 = never */
  int64_t  max_requests;                       /* 0 = unlimited */
  llmp_str_t token_json;                       /* policy of the token, empty when none   */
  llmp_str_t project_json;                     /* policy of the project, empty when none */
} llmp_token_t;
#define LLMP_TOKEN_ACTIVE  1u
#define LLMP_TOKEN_REVOKED 2u
#define LLMP_TOKEN_EXPIRED 3u
#define LLMP_TOKEN_USED_UP 4u                  /* max_requests reached                          */
#define LLMP_TOKEN_PROJECT_INACTIVE 5u
#define LLMP_TOKEN_IDLE_EXPIRED 6u             /* not used for as long as it may go unused      */
#define LLMP_TOKEN_PARENT_INACTIVE 7u          /* a token it descends from has withered         */
/* A policy a request is under. Each has to be content: the configuration says what may be at all,
 * every policy can only narrow that. */
typedef struct llmp_policy {
  uint32_t struct_size;
  uint32_t owner;                              /* LLMP_POLICY_OF_*                           */
  uint32_t members;                            /* LLMP_POLICY_*: which it has                */
  uint32_t reserved0;
  uint64_t number;                             /* names the text: equal numbers are equal texts for the
                                                  life of the process, so what was compiled can be kept */
  llmp_str_t owner_id;                         /* of the project or token: count its limits by this   */
  llmp_str_t json;                             /* the text, checked by the host              */
  int64_t  requests_per_minute;                /* 0 = no limit                               */
  int64_t  tokens_per_minute;                  /* 0 = no limit; read and written together    */
  int64_t  concurrency;                        /* 0 = no limit                               */
} llmp_policy_t;
#define LLMP_POLICY_OF_PROJECT 1u              /* all tokens of the project share its limits */
#define LLMP_POLICY_OF_TOKEN   2u              /* the token and its descendants share them   */
#define LLMP_POLICY_MODELS      (1u << 0)
#define LLMP_POLICY_ENDPOINTS   (1u << 1)
#define LLMP_POLICY_METHODS     (1u << 2)
#define LLMP_POLICY_PARAMETERS  (1u << 3)
#define LLMP_POLICY_ORIGINS     (1u << 4)
#define LLMP_POLICY_REQUESTS    (1u << 5)      /* requests_per_minute                        */
#define LLMP_POLICY_TOKENS      (1u << 6)      /* tokens_per_minute                          */
#define LLMP_POLICY_CONCURRENCY (1u << 7)
#define LLMP_POLICY_IP_ALLOW    (1u << 8)
#define LLMP_POLICY_HEADERS     (1u << 9)      /* headers, and what metadata ask for         */
#define LLMP_POLICY_UNREADABLE  (1u << 31)     /* no policy this host knows: let nothing pass */
typedef struct llmp_store_api {
  uint32_t struct_size;
  uint32_t reserved0;
  /* `secret` is what the client presented; the host hashes it. Answers from memory:
   * LLMP_OK, LLMP_E_NOT_FOUND, or LLMP_E_WOULD_BLOCK (ask again with token_load). [request] */
  llmp_status_t (*token_peek)(llmp_ctx_t *c, llmp_req_t *r, llmp_str_t secret, llmp_token_t *t) LLMP_NX;
  /* Loads it, then runs on_event(cookie) for the request; token_peek then answers. [request] */
  llmp_status_t (*token_load)(llmp_ctx_t *c, llmp_req_t *r, llmp_str_t secret, uint64_t cookie) LLMP_NX;
  /* Makes the token that this request peeked at last the one that it runs on: sets
   * llmp.token_id and llmp.project_id, and its max_requests is counted, exactly, when the request
   * leaves for a provider. Only for an instance that provides llmp.project_id. [request] */
  llmp_status_t (*token_bind)(llmp_ctx_t *c, llmp_req_t *r) LLMP_NX;
  /* The members that any policy of this request has; 0 = none, then there is nothing to do. Known as
   * soon as a token is bound (or llmp.project_id set), and the same until the request ends. [request] */
  uint32_t      (*policy_members)(llmp_ctx_t *c, llmp_req_t *r) LLMP_NX;
  /* The policies, outermost first; LLMP_E_NOT_FOUND behind the last. Slices are good until the
   * request ends. [request] */
  llmp_status_t (*policy_at)(llmp_ctx_t *c, llmp_req_t *r, size_t i, llmp_policy_t *p) LLMP_NX;
  /* This stage has seen to these members for this request. A request of which a policy has a member
   * that no stage has seen to is refused instead of forwarded: a chain that lacks a stage, or whose
   * stage failed open, lets nothing pass that a policy forbids. [request] */
  llmp_status_t (*policy_applied)(llmp_ctx_t *c, llmp_req_t *r, uint32_t members) LLMP_NX;
} llmp_store_api_t;

#define LLMP_SVC_LIMITS "llmp.limits/1"
typedef struct llmp_limit {
  uint32_t struct_size;
  uint32_t algorithm;                          /* LLMP_LIMIT_* */
  llmp_str_t key;                              /* "project:p1:rpm"; shared by all instances in `scope` */
  uint64_t limit;                              /* units per window */
  uint64_t window_ms;
  uint64_t burst;                              /* 0 = limit */
  uint64_t cost;
} llmp_limit_t;
#define LLMP_LIMIT_TOKEN_BUCKET 1u
#define LLMP_LIMIT_FIXED_WINDOW 2u
#define LLMP_LIMIT_CONCURRENCY  3u             /* held until settle() or the end of the request */
typedef struct llmp_limit_result {
  uint32_t struct_size;
  uint32_t allowed;
  uint32_t failed_index;                       /* which limit refused */
  uint32_t reserved0;
  uint64_t remaining;                          /* of the tightest limit */
  uint64_t retry_after_ms;
  uint64_t lease;                              /* for settle(); 0 = nothing to settle */
} llmp_limit_result_t;
typedef struct llmp_limits_api {
  uint32_t struct_size;
  uint32_t reserved0;
  /* All limits are taken, or none: requests/min, tokens/min and a budget in one step. [any] */
  llmp_status_t (*take)(llmp_ctx_t *c, llmp_req_t *r, const llmp_limit_t *const *limits, size_t n,
                        llmp_limit_result_t *out) LLMP_NX;
  /* Correct an estimated cost once the real one is known. [any] */
  llmp_status_t (*settle)(llmp_ctx_t *c, uint64_t lease, size_t index, uint64_t real_cost) LLMP_NX;
} llmp_limits_api_t;

#define LLMP_SVC_KV "llmp.kv/1"                /* bounded, in memory, per module; optional shared scope */
typedef struct llmp_kv_api {
  uint32_t struct_size;
  uint32_t reserved0;
  llmp_status_t (*get)(llmp_ctx_t *c, llmp_str_t key, llmp_blob_t **retained) LLMP_NX;            /* [any] */
  llmp_status_t (*put)(llmp_ctx_t *c, llmp_str_t key, llmp_blob_t *v, uint64_t ttl_ms) LLMP_NX;   /* [any] */
  llmp_status_t (*del)(llmp_ctx_t *c, llmp_str_t key) LLMP_NX;                                    /* [any] */
  llmp_status_t (*incr)(llmp_ctx_t *c, llmp_str_t key, int64_t by, uint64_t ttl_ms, int64_t *now) LLMP_NX; /* [any] */
} llmp_kv_api_t;

#define LLMP_SVC_JSON "llmp.json/1"            /* the body the host has parsed already; RFC 6901 pointers */
typedef struct llmp_json_api {
  uint32_t struct_size;
  uint32_t reserved0;
  /* raw JSON text of the value, borrowed; strings keep their quotes. [request] */
  llmp_status_t (*get)(llmp_ctx_t *c, llmp_req_t *r, llmp_map_t body, llmp_str_t pointer, llmp_str_t *raw) LLMP_NX;
  /* empty raw removes; bytes outside the value stay as the client sent them. [request] */
  llmp_status_t (*set)(llmp_ctx_t *c, llmp_req_t *r, llmp_map_t body, llmp_str_t pointer, llmp_str_t raw) LLMP_NX;
  /* The nth top-level member of that (unescaped) name: JSON lets a name repeat, and parsers differ
   * in which one they believe. LLMP_E_INVALID: the body is not one valid JSON object. [request] */
  llmp_status_t (*member)(llmp_ctx_t *c, llmp_req_t *r, llmp_map_t body, llmp_str_t name, size_t nth, llmp_str_t *raw) LLMP_NX;
  /* The first top-level name that is not `name` and yet is taken for it by parsers that ignore case or stop at
   * a NUL: a rule about one value has to refuse it. NOT_FOUND: there is none. [request] */
  llmp_status_t (*lookalike)(llmp_ctx_t *c, llmp_req_t *r, llmp_map_t body, llmp_str_t name, llmp_str_t *found) LLMP_NX;
} llmp_json_api_t;

#define LLMP_SVC_APIS "llmp.apis/1"            /* the `apis:` of the configuration */
typedef struct llmp_apis_api {
  uint32_t struct_size;
  uint32_t reserved0;
  /* The APIs are the same as long as the instance lives; so are the slices. [any] */
  size_t        (*count)(llmp_ctx_t *c) LLMP_NX;
  llmp_status_t (*at)(llmp_ctx_t *c, size_t i, llmp_str_t *name, llmp_str_t *settings_json) LLMP_NX;
  /* Which one this request is routed to. [request] */
  size_t        (*selected)(llmp_ctx_t *c, llmp_req_t *r) LLMP_NX;
  /* Have this request carried to that API's provider once the last request hook has agreed. A
   * chain in which no stage forwards or responds answers 404. [request] */
  llmp_status_t (*forward)(llmp_ctx_t *c, llmp_req_t *r, size_t i) LLMP_NX;
} llmp_apis_api_t;

#define LLMP_SVC_METRICS "llmp.metrics/1"      /* the host prefixes names with the module id */
typedef struct llmp_metrics_api {
  uint32_t struct_size;
  uint32_t reserved0;
  llmp_status_t (*define)(llmp_ctx_t *c, uint32_t type, llmp_str_t name, llmp_str_t help,
                          const llmp_str_t *labels, size_t n_labels,
                          const double *buckets, size_t n_buckets, uint32_t *id) LLMP_NX; /* [setup] */
  void (*record)(llmp_ctx_t *c, uint32_t id, double v, const llmp_str_t *label_values, size_t n) LLMP_NX; /* [any] */
} llmp_metrics_api_t;
#define LLMP_METRIC_COUNTER   1u               /* record adds */
#define LLMP_METRIC_GAUGE     2u               /* record sets */
#define LLMP_METRIC_HISTOGRAM 3u               /* record observes */

#define LLMP_SVC_HTTP "llmp.http/1"            /* subrequests, through the proxy's own client */
typedef struct llmp_http_request {
  uint32_t struct_size;
  uint32_t flags;
  llmp_str_t method, url;
  const llmp_header_t *headers; size_t n_headers;
  llmp_str_t body;
  uint64_t timeout_ms;
  uint64_t max_response_bytes;
} llmp_http_request_t;
typedef struct llmp_http_response {
  uint32_t struct_size;
  uint32_t http_status;
  llmp_status_t status;                        /* LLMP_OK, or why there is no response */
  uint32_t reserved0;
  const llmp_header_t *headers; size_t n_headers;
  llmp_str_t body;
} llmp_http_response_t;
typedef struct llmp_http_api {
  uint32_t struct_size;
  uint32_t reserved0;
  /* r may be NULL (background work of the instance). done() runs in the request's context, or
   * serialized per instance without one; a request that ended first: only ud_free runs. [any/request] */
  llmp_status_t (*send)(llmp_ctx_t *c, llmp_req_t *r, const llmp_http_request_t *q,
                        void (*done)(void *ud, llmp_req_t *r, const llmp_http_response_t *p) LLMP_NX,
                        void *ud, llmp_free_fn ud_free, uint64_t *call_id) LLMP_NX;
  void (*cancel)(llmp_ctx_t *c, uint64_t call_id) LLMP_NX;                            /* [any] */
} llmp_http_api_t;

#define LLMP_SVC_TIMER "llmp.timer/1"
typedef struct llmp_timer_api {
  uint32_t struct_size;
  uint32_t reserved0;
  llmp_status_t (*start)(llmp_ctx_t *c, llmp_req_t *r, uint64_t delay_ms, uint64_t period_ms,
                         void (*fire)(void *ud, llmp_req_t *r) LLMP_NX, void *ud,
                         llmp_free_fn ud_free, uint64_t *timer_id) LLMP_NX;
  void (*cancel)(llmp_ctx_t *c, uint64_t timer_id) LLMP_NX;                           /* [any] */
} llmp_timer_api_t;

#define LLMP_SVC_EXEC "llmp.exec/1"            /* the host's blocking pool */
typedef struct llmp_exec_api {
  uint32_t struct_size;
  uint32_t reserved0;
  llmp_status_t (*run)(llmp_ctx_t *c, void (*job)(void *ud) LLMP_NX, void *ud,
                       llmp_free_fn ud_free) LLMP_NX;                                 /* [any] */
} llmp_exec_api_t;

#define LLMP_SVC_COMMANDS "llmp.commands/1"    /* what an operator may ask of a running instance, by name */
/* JSON text in, one JSON text written to `out`; LLMP_E_INVALID with a sentence for what the operator got
 * wrong. `inst` is the instance that offered it. Runs on the blocking pool, several at once, and only while
 * the instance is in force: never before start, never once destroy has begun. */
typedef llmp_status_t (*llmp_command_fn)(void *inst, llmp_str_t name, llmp_str_t json, llmp_out_t *out,
                                         llmp_err_t *e);
typedef struct llmp_commands_api {
  uint32_t struct_size;
  uint32_t reserved0;
  /* Offers a command under a name that the host knows how to use, such as "cache.purge", or one of the
   * plugin's own ("<module id>.<verb>"). Several instances may offer the same name: all of them are
   * asked. LLMP_E_LIMIT beyond 16 names. [setup] */
  llmp_status_t (*offer)(llmp_ctx_t *c, llmp_str_t name, llmp_command_fn run) LLMP_NX;
} llmp_commands_api_t;

#define LLMP_SVC_SECRETS "llmp.secrets/1"      /* names the config granted to this instance */
typedef struct llmp_secrets_api {
  uint32_t struct_size;
  uint32_t reserved0;
  llmp_status_t (*get)(llmp_ctx_t *c, llmp_str_t name, llmp_blob_t **retained) LLMP_NX; /* [any] */
} llmp_secrets_api_t;

#define LLMP_SVC_EVENTS "llmp.events/1"        /* publish to the configured event sinks */
typedef struct llmp_events_api {
  uint32_t struct_size;
  uint32_t reserved0;
  llmp_status_t (*emit)(llmp_ctx_t *c, llmp_req_t *r, llmp_str_t type, llmp_str_t json) LLMP_NX; /* [any/request] */
} llmp_events_api_t;

/* ------------------------------------------------------------------ component kinds --------- */

/* Reasons for on_event. */
#define LLMP_EV_RESUME    1u   /* someone called resume(); cookie is theirs        */
#define LLMP_EV_WRITABLE  2u   /* respond_stream has room again                    */
#define LLMP_EV_CANCELLED 3u   /* client gone or deadline passed; only to a stage that is paused
                                  or is streaming its own reply; request_done follows        */

/* Middleware. Order of calls for one request, per stage:
 *   request_headers -> request_body (or request_chunk*) -> [rest of the chain, provider] ->
 *   response_headers -> response_body | response_sse* | response_chunk* -> response_end -> request_done
 * Request hooks run in configured order, response hooks in reverse. NULL = not interested.
 * Nothing goes upstream before the last request hook has agreed, so request headers may still be
 * changed in request_body. A response's status and headers leave with its first byte: a stage that
 * must judge the body first sets LLMP_MW_NEED_RESPONSE_BODY or pauses the first event. When a stage
 * fails closed after that point, the host ends the stream with an error event of the dialect.
 * A stage that kept an answer of the provider's gives it back with LLMP_REPLAY: from request_headers or
 * request_body nothing goes upstream then; from response_headers it takes the place of what came (a 304, say).
 * Unlike a reply it is not the stage's own word: it passes the other stages' response hooks as the
 * provider's answer does - their response_headers (those behind this stage too, unless they have seen the
 * answer it takes the place of), and what earlier stages do to the body - and it is
 * refused like a request that would be forwarded while a policy has a member that no stage has seen to.
 * `slot` is this stage's pointer for this request: zero at first, the plugin's to use, and
 * request_done (exactly once, after any hook ran) is where it is freed. [request] throughout. */
typedef struct llmp_middleware {
  uint32_t struct_size;
  uint32_t flags;                                          /* LLMP_MW_* */
  llmp_verdict_t (*request_headers)(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) LLMP_NX;
  llmp_verdict_t (*request_body)(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) LLMP_NX;
  llmp_verdict_t (*request_chunk)(void *inst, llmp_req_t *r, void **slot, llmp_str_t chunk,
                                  uint32_t is_last, llmp_out_t *out, llmp_err_t *e) LLMP_NX;
  llmp_verdict_t (*response_headers)(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) LLMP_NX;
  llmp_verdict_t (*response_body)(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) LLMP_NX;
  llmp_verdict_t (*response_sse)(void *inst, llmp_req_t *r, void **slot, const llmp_sse_t *ev,
                                 llmp_out_t *out, llmp_err_t *e) LLMP_NX;
  llmp_verdict_t (*response_chunk)(void *inst, llmp_req_t *r, void **slot, llmp_str_t chunk,
                                   llmp_out_t *out, llmp_err_t *e) LLMP_NX;
  llmp_verdict_t (*response_end)(void *inst, llmp_req_t *r, void **slot, llmp_out_t *out,
                                 llmp_err_t *e) LLMP_NX;
  /* Verdict as for the hook that paused, with that hook's `out` (NULL when it had none);
   * LLMP_PAUSE = stay. */
  llmp_verdict_t (*on_event)(void *inst, llmp_req_t *r, void **slot, uint32_t reason,
                             uint64_t cookie, llmp_out_t *out, llmp_err_t *e) LLMP_NX;
  /* Last call: everything readable, nothing writable; also after an abort. */
  void           (*request_done)(void *inst, llmp_req_t *r, void **slot) LLMP_NX;
} llmp_middleware_t;
#define LLMP_MW_NEED_REQUEST_BODY  (1u << 0)  /* buffer it, then request_body                    */
#define LLMP_MW_NEED_RESPONSE_BODY (1u << 1)  /* buffer non-SSE responses, then response_body    */
#define LLMP_MW_TAP_RESPONSE       (1u << 2)  /* response_chunk and response_end only look on: they see the
                                                 bytes of every answer, event streams too, as they pass
                                                 this stage; `out` is NULL and framing stays as it was  */

/* Stream filter: a response-only stage, cheap to put on a hot stream. */
typedef struct llmp_stream_filter {
  uint32_t struct_size;
  uint32_t flags;
  llmp_verdict_t (*begin)(void *inst, llmp_req_t *r, void **slot, llmp_err_t *e) LLMP_NX; /* DETACH = skip */
  llmp_verdict_t (*sse)(void *inst, llmp_req_t *r, void **slot, const llmp_sse_t *ev,
                        llmp_out_t *out, llmp_err_t *e) LLMP_NX;
  llmp_verdict_t (*chunk)(void *inst, llmp_req_t *r, void **slot, llmp_str_t bytes,
                          llmp_out_t *out, llmp_err_t *e) LLMP_NX;
  llmp_verdict_t (*end)(void *inst, llmp_req_t *r, void **slot, llmp_out_t *out, llmp_err_t *e) LLMP_NX;
  void           (*request_done)(void *inst, llmp_req_t *r, void **slot) LLMP_NX;
} llmp_stream_filter_t;

/* Provider adapter. Client side = the OpenAI dialect; upstream side = whatever the provider speaks.
 * prepare/sign run once per ATTEMPT and must build the upstream request from the client request
 * each time (retries and fallbacks call them again); `slot` is per attempt. Only prepare and sign
 * may return LLMP_PAUSE (fetching an OAuth token); attempt_done ends every attempt exactly once. */
typedef struct llmp_route_query {
  uint32_t struct_size;
  uint32_t reserved0;
  llmp_str_t operation, path, model;
} llmp_route_query_t;
typedef struct llmp_route_answer {
  uint32_t struct_size;
  uint32_t score;                          /* 0 = not mine; highest wins; config can pin a route */
  llmp_str_t model_upstream;               /* borrowed from the plugin until its next call       */
} llmp_route_answer_t;
typedef struct llmp_attempt {
  uint32_t struct_size;
  uint32_t number;                         /* 0, 1, 2 ... */
  llmp_str_t endpoint;                     /* name of the configured endpoint */
  llmp_str_t base_url;
  llmp_str_t model;                        /* model to ask for */
  llmp_str_t api_key;                      /* resolved secret; lend it no further */
  llmp_str_t endpoint_json;                /* endpoint's own settings */
  uint64_t deadline_ns;
} llmp_attempt_t;
typedef uint32_t llmp_stream_mode_t;
#define LLMP_MODE_PASS   ((llmp_stream_mode_t)0) /* bytes go to the client as they are; usage is still read */
#define LLMP_MODE_BUFFER ((llmp_stream_mode_t)1) /* collect, then upstream_body                       */
#define LLMP_MODE_SSE    ((llmp_stream_mode_t)2) /* host de-frames SSE, upstream_sse per event        */
#define LLMP_MODE_RAW    ((llmp_stream_mode_t)3) /* own framing (e.g. AWS event stream), upstream_chunk */
typedef struct llmp_upstream_error {
  uint32_t struct_size;
  uint32_t client_status;                  /* HTTP status for the client */
  uint32_t retryable;                      /* 1 = another attempt may help */
  uint32_t scope;                          /* LLMP_ERR_SCOPE_* */
  uint64_t retry_after_ms;
  char type[64];                           /* OpenAI error.type, e.g. "rate_limit_error" */
  char code[64];
  char message[512];
} llmp_upstream_error_t;
#define LLMP_ERR_SCOPE_REQUEST    1u       /* the request is at fault: do not retry elsewhere      */
#define LLMP_ERR_SCOPE_CREDENTIAL 2u       /* this key: try another key                            */
#define LLMP_ERR_SCOPE_ENDPOINT   3u       /* this endpoint or region: try another endpoint        */
#define LLMP_ERR_SCOPE_PROVIDER   4u
typedef struct llmp_provider {
  uint32_t struct_size;
  uint32_t flags;
  /* Top-level members of a JSON answer to keep while it passes in LLMP_MODE_PASS, each up to
   * 64 KiB: upstream_end reads them with json->get(LLMP_MAP_UPSTREAM_RESPONSE, "/name"), so that
   * usage is known without holding the answer. */
  const llmp_str_t *observes; size_t n_observes;
  llmp_status_t  (*route)(void *inst, const llmp_route_query_t *q, llmp_route_answer_t *a) LLMP_NX;   /* [any] pure */
  llmp_status_t  (*list_models)(void *inst, llmp_out_t *json_array) LLMP_NX;                          /* [any] */
  llmp_verdict_t (*prepare)(void *inst, llmp_req_t *r, void **slot, const llmp_attempt_t *a, llmp_err_t *e) LLMP_NX;
  llmp_verdict_t (*sign)(void *inst, llmp_req_t *r, void **slot, const llmp_attempt_t *a, llmp_err_t *e) LLMP_NX;
  llmp_verdict_t (*upstream_headers)(void *inst, llmp_req_t *r, void **slot, uint32_t http_status,
                                     llmp_stream_mode_t *mode, llmp_err_t *e) LLMP_NX;
  llmp_verdict_t (*upstream_body)(void *inst, llmp_req_t *r, void **slot, llmp_str_t body,
                                  llmp_out_t *out, llmp_usage_t *u, llmp_err_t *e) LLMP_NX;
  llmp_verdict_t (*upstream_sse)(void *inst, llmp_req_t *r, void **slot, const llmp_sse_t *ev,
                                 llmp_out_t *out, llmp_usage_t *u, llmp_err_t *e) LLMP_NX;
  llmp_verdict_t (*upstream_chunk)(void *inst, llmp_req_t *r, void **slot, llmp_str_t bytes,
                                   llmp_out_t *out, llmp_usage_t *u, llmp_err_t *e) LLMP_NX;
  llmp_verdict_t (*upstream_end)(void *inst, llmp_req_t *r, void **slot, llmp_out_t *out,
                                 llmp_usage_t *u, llmp_err_t *e) LLMP_NX;
  /* status 0 = the transport failed; body may be cut at the configured limit. */
  llmp_status_t  (*map_error)(void *inst, llmp_req_t *r, void **slot, uint32_t http_status,
                              llmp_str_t body, llmp_upstream_error_t *out) LLMP_NX;
  llmp_verdict_t (*on_event)(void *inst, llmp_req_t *r, void **slot, uint32_t reason, uint64_t cookie,
                             llmp_err_t *e) LLMP_NX;
  void           (*attempt_done)(void *inst, llmp_req_t *r, void **slot, llmp_status_t outcome) LLMP_NX;
} llmp_provider_t;

/* Event sink. Batches, one consume() at a time per instance, on a thread that may block. The host
 * queues with a bound; config picks what a full queue does (drop oldest, drop newest, hold). */
typedef struct llmp_event {
  uint32_t struct_size;
  uint32_t http_status;
  uint64_t seq;                            /* gap = dropped events */
  int64_t  unix_ms;
  uint64_t duration_us, first_byte_us, upstream_us;
  llmp_str_t type;                         /* "request", "audit", or a type given to emit() */
  llmp_str_t request_id, project_id, token_id, model, provider;
  llmp_str_t json;                         /* the whole event, one JSON object */
  const llmp_usage_t *usage;               /* a pointer: growable structs are never embedded (R1) */
} llmp_event_t;
typedef struct llmp_event_sink {
  uint32_t struct_size;
  uint32_t max_batch;
  uint32_t max_delay_ms;
  uint32_t reserved0;
  /* LLMP_E_WOULD_BLOCK / LLMP_E_IO = keep the batch and retry with backoff; other errors drop it. */
  llmp_status_t (*consume)(void *inst, const llmp_event_t *const *ev, size_t n, llmp_err_t *e) LLMP_NX;
  llmp_status_t (*flush)(void *inst, uint64_t deadline_ns, llmp_err_t *e) LLMP_NX;
} llmp_event_sink_t;

/* Transport: carries one upstream exchange. Calls into the sink are serialized per exchange but may
 * come from any thread; exactly one of end/fail is the last. */
typedef struct llmp_xfer_sink {
  uint32_t struct_size;
  uint32_t reserved0;
  void *ctx;
  void (*head)(void *ctx, uint32_t http_status, const llmp_header_t *h, size_t n) LLMP_NX;
  void (*chunk)(void *ctx, llmp_str_t bytes) LLMP_NX;
  void (*writable)(void *ctx) LLMP_NX;
  void (*end)(void *ctx) LLMP_NX;
  void (*fail)(void *ctx, llmp_status_t code, llmp_str_t message) LLMP_NX;
} llmp_xfer_sink_t;
typedef struct llmp_xfer_request {
  uint32_t struct_size;
  uint32_t flags;
  llmp_str_t method, url;
  const llmp_header_t *headers; size_t n_headers;
  llmp_str_t body;                         /* whole body when body_is_streamed is 0 */
  uint32_t body_is_streamed;
  uint32_t reserved0;
  uint64_t connect_timeout_ms, first_byte_timeout_ms, idle_timeout_ms;
  llmp_str_t tls_json;                     /* CA file, client certificate, server name */
} llmp_xfer_request_t;
typedef struct llmp_transport {
  uint32_t struct_size;
  uint32_t flags;
  llmp_status_t (*open)(void *inst, const llmp_xfer_request_t *q, const llmp_xfer_sink_t *s,
                        void **xfer, llmp_err_t *e) LLMP_NX;
  llmp_status_t (*write)(void *inst, void *xfer, llmp_str_t bytes, uint32_t is_last) LLMP_NX;
  void          (*set_reading)(void *inst, void *xfer, uint32_t on) LLMP_NX;   /* backpressure */
  /* Always last, never from inside a sink call; no sink call may begin after it has returned. */
  void          (*close)(void *inst, void *xfer) LLMP_NX;
} llmp_transport_t;

/* ------------------------------------------------------------------ module ------------------ */

typedef struct llmp_create {
  uint32_t struct_size;
  uint32_t reserved0;
  const llmp_host_t *host;
  uint64_t generation;                     /* config generation that is being built             */
  llmp_str_t instance;                     /* name of this stage in the config                  */
  llmp_str_t config_json;                  /* valid against config_schema; secrets stay references */
  void *module_state;                      /* what module_open returned                         */
} llmp_create_t;

/* One buildable thing. Lifecycle, all [instance]:
 *   create | reconfigure -> (start) -> hooks ... -> (drain) -> destroy
 * A new config builds a whole new generation first. If any stage fails, all new instances are
 * destroyed and the old generation goes on untouched. */
typedef struct llmp_component {
  uint32_t struct_size;
  llmp_kind_t kind;
  uint32_t flags;                          /* LLMP_COMP_* */
  uint32_t reserved0;
  llmp_str_t name;                         /* config says "<module id>/<name>" */
  llmp_str_t summary;
  llmp_str_t config_schema;                /* JSON Schema 2020-12; empty = any object */
  /* Names checked when the chain is built: a stage may read only keys an earlier stage provides. */
  const llmp_str_t *provides;      size_t n_provides;      /* metadata keys it writes  */
  const llmp_str_t *consumes;      size_t n_consumes;      /* metadata keys it needs   */
  const llmp_str_t *services;      size_t n_services;      /* host services it needs   */
  const void *vtable;                      /* llmp_middleware_t, llmp_provider_t, ... by kind */

  /* No side effects: for `config check`, beyond what the schema can say. Optional. [any] */
  llmp_status_t (*validate)(llmp_str_t config_json, llmp_err_t *e) LLMP_NX;
  llmp_status_t (*create)(const llmp_create_t *in, void **inst, llmp_err_t *e) LLMP_NX;
  /* Optional: build the new instance from the previous generation's, which keeps serving and must
   * not change observably. Shared parts (caches, pools) are counted by the plugin. */
  llmp_status_t (*reconfigure)(const llmp_create_t *in, void *previous, void **inst, llmp_err_t *e) LLMP_NX;
  /* Optional: the new generation won; background work may begin. */
  llmp_status_t (*start)(void *inst, llmp_err_t *e) LLMP_NX;
  /* Optional: no new requests will come; finish or abandon background work by deadline, then call
   * host->drained(). Requests in flight still get their hooks. */
  void          (*drain)(void *inst, uint64_t deadline_ns) LLMP_NX;
  void          (*destroy)(void *inst) LLMP_NX;           /* R9 */
} llmp_component_t;
#define LLMP_COMP_MAY_BLOCK (1u << 0)  /* run the hooks on the blocking pool                    */
#define LLMP_COMP_SERIAL    (1u << 1)  /* never two hooks of one instance at once (slow; for ports of old code) */

typedef struct llmp_module {
  uint32_t struct_size;
  uint32_t abi_major;                      /* LLMP_ABI_MAJOR of the header it was built with */
  uint32_t abi_minor;                      /* LLMP_ABI_MINOR, likewise                       */
  uint32_t min_host_minor;                 /* oldest host minor it can live with; usually 0  */
  llmp_str_t id;                           /* reverse DNS, "com.example.guard"               */
  llmp_str_t version;                      /* semver of the plugin                           */
  llmp_str_t vendor, license, build;       /* build: compiler, commit; for people            */
  llmp_str_t runtime;                      /* "c", "c++", "rust", "zig", "go", "swift-static 6.3.1",
                                              "swift-shared 6.3.1" (must equal the host's)   */
  uint32_t flags;                          /* LLMP_MODULE_*                                  */
  uint32_t n_components;
  const llmp_component_t *const *components;
  /* Once per loaded image, before the first create / after the last destroy. Optional. [instance] */
  llmp_status_t (*module_open)(const llmp_host_t *h, void **state, llmp_err_t *e) LLMP_NX;
  void          (*module_close)(void *state) LLMP_NX;
  /* Plugin-side extensions, e.g. "llmp.selftest/1". Optional. [any] */
  const void   *(*get_extension)(const char *id) LLMP_NX;
} llmp_module_t;
#define LLMP_MODULE_UNLOADABLE (1u << 0) /* C only: no threads, TLS destructors or atexit left; host may dlclose */

typedef struct llmp_loader {
  uint32_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t flags;                          /* LLMP_LOADER_* */
  llmp_str_t host_name, host_version;
  llmp_str_t image_path;                   /* the private copy that was loaded */
} llmp_loader_t;
#define LLMP_LOADER_INSPECT (1u << 0)      /* only describe yourself: no instance will be created */

/* The one exported symbol. Cheap, no side effects, idempotent: it returns the same descriptor each
 * time, valid as long as the image is mapped; NULL = cannot work with this loader. */
typedef const llmp_module_t *(*llmp_entry_fn)(const llmp_loader_t *loader);
#ifndef LLMP_NO_ENTRY_PROTOTYPE  /* cgo's //export cannot spell `const`; define this in the Go preamble */
LLMP_EXPORT const llmp_module_t *llm_proxy_plugin_entry_v0(const llmp_loader_t *loader) LLMP_NX;
#endif

/* What the file claims, as text in an ELF section, so that `plugin inspect` can read it before any
 * code of the plugin runs (constructors run inside dlopen). Must agree with the descriptor:
 *   LLMP_STAMP("abi=0.0;min=0;id=org.example.guard;version=1.0.0;runtime=c"); */
#if defined(__has_attribute)
#  if __has_attribute(retain)
#    define LLMP_RETAIN_ , retain          /* survives --gc-sections */
#  endif
#endif
#ifndef LLMP_RETAIN_
#  define LLMP_RETAIN_
#endif
#define LLMP_STAMP(text) \
  __attribute__((section(".llmp.stamp"), used LLMP_RETAIN_)) static const char llmp_stamp_[] = text

/* ------------------------------------------------------------------ layout locks (LP64) ------ */
#if defined(__LP64__)
LLMP_STATIC_ASSERT(sizeof(void *) == 8 && sizeof(size_t) == 8, "LP64 only");
LLMP_STATIC_ASSERT(sizeof(llmp_str_t) == 16, "frozen");
LLMP_STATIC_ASSERT(sizeof(llmp_header_t) == 32, "frozen");
LLMP_STATIC_ASSERT(sizeof(llmp_err_t) == 256, "0.0");
LLMP_STATIC_ASSERT(offsetof(llmp_host_t, ctx) == 48, "0.0");
LLMP_STATIC_ASSERT(offsetof(llmp_module_t, id) == 16, "0.0");
LLMP_STATIC_ASSERT(offsetof(llmp_component_t, vtable) == 112, "0.0");
LLMP_STATIC_ASSERT(offsetof(llmp_event_t, usage) == 160, "0.0");
LLMP_STATIC_ASSERT(offsetof(llmp_commands_api_t, offer) == 8 && sizeof(llmp_commands_api_t) == 16, "0.0");
#endif

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LLM_PROXY_PLUGIN_H */
