/* llmp_policy.h - what a stage has compiled of the policies it has met. Header only; needs threads.
 *
 * A policy's number names its text for the life of the process, so that a stage compiles it once and
 * finds it again by the number. The cache is bounded and set-associative; what falls out of it is
 * freed when the last request that holds it lets go. */
#ifndef LLMP_POLICY_H
#define LLMP_POLICY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "llmp_c.h"

/* First member of what a stage makes of a policy. */
typedef struct llmp_compiled {
  uint64_t number;
  atomic_uint holders;
} llmp_compiled_t;

#define LLMP_POLICY_SETS 256
#define LLMP_POLICY_WAYS 4

typedef struct llmp_policy_set {
  pthread_mutex_t lock;
  unsigned next;           /* the way that is given up next */
  llmp_compiled_t *way[LLMP_POLICY_WAYS];
} llmp_policy_set_t;

typedef struct llmp_policy_cache {
  /* NULL on failure, with the reason in e. The head is filled by the cache. */
  llmp_compiled_t *(*compile)(const llmp_policy_t *policy, llmp_err_t *e);
  void (*release)(llmp_compiled_t *compiled);
  llmp_policy_set_t set[LLMP_POLICY_SETS];
} llmp_policy_cache_t;

static inline void llmp_policy_cache_init(llmp_policy_cache_t *cache,
                                          llmp_compiled_t *(*compile)(const llmp_policy_t *, llmp_err_t *),
                                          void (*release)(llmp_compiled_t *)) {
  cache->compile = compile;
  cache->release = release;
  for (size_t i = 0; i < LLMP_POLICY_SETS; i++) {
    (void)pthread_mutex_init(&cache->set[i].lock, NULL);
    cache->set[i].next = 0;
    for (size_t k = 0; k < LLMP_POLICY_WAYS; k++) cache->set[i].way[k] = NULL;
  }
}

/* Gives back what llmp_policy_hold gave; NULL is fine. */
static inline void llmp_policy_drop(llmp_policy_cache_t *cache, llmp_compiled_t *compiled) {
  if (compiled != NULL && atomic_fetch_sub_explicit(&compiled->holders, 1, memory_order_acq_rel) == 1) {
    cache->release(compiled);
  }
}

static inline void llmp_policy_cache_free(llmp_policy_cache_t *cache) {
  for (size_t i = 0; i < LLMP_POLICY_SETS; i++) {
    for (size_t k = 0; k < LLMP_POLICY_WAYS; k++) llmp_policy_drop(cache, cache->set[i].way[k]);
    (void)pthread_mutex_destroy(&cache->set[i].lock);
  }
}

/* Under the set's lock. */
static inline llmp_compiled_t *llmp_policy_find(llmp_policy_set_t *set, uint64_t number) {
  for (size_t k = 0; k < LLMP_POLICY_WAYS; k++) {
    llmp_compiled_t *compiled = set->way[k];
    if (compiled != NULL && compiled->number == number) {
      (void)atomic_fetch_add_explicit(&compiled->holders, 1, memory_order_relaxed);
      return compiled;
    }
  }
  return NULL;
}

/* The compiled policy, to be dropped when the hook is done with it; NULL when it cannot be compiled.
 * Compiling happens outside of the lock; of two that compiled the same the first one stays. */
static inline llmp_compiled_t *llmp_policy_hold(llmp_policy_cache_t *cache, const llmp_policy_t *policy,
                                                llmp_err_t *e) {
  llmp_policy_set_t *set = &cache->set[policy->number % LLMP_POLICY_SETS];
  (void)pthread_mutex_lock(&set->lock);
  llmp_compiled_t *found = llmp_policy_find(set, policy->number);
  (void)pthread_mutex_unlock(&set->lock);
  if (found != NULL) return found;

  llmp_compiled_t *made = cache->compile(policy, e), *out = NULL;
  if (made == NULL) return NULL;
  made->number = policy->number;
  atomic_init(&made->holders, 2); /* the cache's and the caller's */
  (void)pthread_mutex_lock(&set->lock);
  found = llmp_policy_find(set, policy->number);
  if (found == NULL) {
    out = set->way[set->next];
    set->way[set->next] = made;
    set->next = (set->next + 1) % LLMP_POLICY_WAYS;
  }
  (void)pthread_mutex_unlock(&set->lock);
  llmp_policy_drop(cache, out);
  if (found == NULL) return made;
  cache->release(made);
  return found;
}

#endif /* LLMP_POLICY_H */
