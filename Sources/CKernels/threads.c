// SPDX-License-Identifier: Apache-2.0
// A thread pool that hands out chunks from an atomic counter.
//
// The caller partitions the work into chunks, never by the number of threads, so results do not
// depend on that number. The caller claims chunks like any worker and can finish alone if the
// others are not scheduled. Workers spin briefly for the next job, then sleep.
#define _GNU_SOURCE
#include "threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { MAX_THREADS = 256, MAX_PARTS = 64, SPINS = 4000 };

/// How many phases of a part have been claimed. On its own cache line, against false sharing.
typedef struct {
  _Alignas(64) atomic_int taken;
} Part;

typedef struct {
  void (*body)(void *, int);
  void (*phase_body)(void *, int, int);
  void *context;
  int chunks;    // per phase, if there are phases
  int phases;    // 0 if there are chunks only
  SmapThreadSettings settings;  // those of the caller
  Part *parts;
  _Alignas(64) atomic_int next;
  _Alignas(64) atomic_int finished;  // chunks, summed over all phases
} Job;

static pthread_mutex_t job_lock = PTHREAD_MUTEX_INITIALIZER;    // one job at a time
static pthread_mutex_t sleep_lock = PTHREAD_MUTEX_INITIALIZER;  // guards the fields below
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static Job *_Atomic current_job = NULL;
static atomic_uint generation = 0;
static atomic_int users = 0;  // workers that may still read current_job
static atomic_int wanted_threads = 0;
static int started_workers = 0;

static _Thread_local int inside_job = 0;
static _Thread_local SmapThreadSettings settings = {.records_gradients = true};

int smap_is_inside_chunk(void) { return inside_job; }
void smap_begin_side_work(void) { inside_job = 1; }

SmapThreadSettings smap_thread_settings(void) { return settings; }
void smap_use_thread_settings(SmapThreadSettings wanted) { settings = wanted; }

static SmapStopFlag process_stop = {0};
SmapStopFlag *smap_process_stop(void) { return &process_stop; }

static long monotonic_nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000L + time.tv_nsec;
}

int smap_stop_requested(void) {
  if (smap_flag_is_set(&process_stop)) return SMAP_STOP_ASKED;
  if (settings.stop && smap_flag_is_set(settings.stop)) return SMAP_STOP_ASKED;
  if (settings.deadline && monotonic_nanoseconds() > settings.deadline)
    return SMAP_STOP_TIME_IS_UP;
  return 0;
}

void smap_set_deadline(double start, double seconds) {
  double end = start + seconds;
  // More than a hundred years counts as no deadline.
  settings.deadline = seconds > 0 && end < 3e9 ? (long)(end * 1e9) : 0;
  settings.seconds_allowed = seconds;
}

double smap_seconds_allowed(void) { return settings.seconds_allowed; }

int smap_gradients_enabled(void) { return settings.records_gradients; }
void smap_set_gradients_enabled(int enabled) { settings.records_gradients = enabled != 0; }

int smap_uses_bfloat16(void) { return settings.uses_bfloat16; }
void smap_use_bfloat16(int use) { settings.uses_bfloat16 = use != 0; }

static int default_threads(void) {
  long count = smap_processor_count();
  const char *text = getenv("SMAP_NUM_THREADS");
  if (text && *text) {
    char *end;
    long asked = strtol(text, &end, 10);
    if (*end == 0) count = asked;
  }
  if (count < 1) return 1;
  return count > MAX_THREADS ? MAX_THREADS : (int)count;
}

int smap_most_threads(void) { return MAX_THREADS; }

int smap_thread_count(void) {
  int count = atomic_load(&wanted_threads);
  if (count == 0) {
    count = default_threads();
    atomic_store(&wanted_threads, count);
  }
  return count;
}

void smap_set_thread_count(int count) {
  if (count < 1) count = 1;
  if (count > MAX_THREADS) count = MAX_THREADS;
  atomic_store(&wanted_threads, count);
}

/// Lets the other threads of the core run while this one spins, for tens of cycles.
static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  // `yield` does nothing on processors with one thread per core; a barrier waits for the pipeline.
  __asm__ volatile("isb");
#endif
}

/// Waits until so many chunks are finished: spins first, then yields to the threads that run them.
static void wait_for(Job *job, int chunks) {
  for (int spin = 0; atomic_load_explicit(&job->finished, memory_order_acquire) < chunks; spin++) {
    if (spin < SPINS) pause_briefly(); else sched_yield();
  }
}

static void work_on_chunks(Job *job) {
  int done = 0;
  for (;;) {
    int chunk = atomic_fetch_add(&job->next, 1);
    if (chunk >= job->chunks) break;
    job->body(job->context, chunk);
    done++;
  }
  if (done) atomic_fetch_add(&job->finished, done);
}

/// Claims the unclaimed parts of each phase, beginning with the thread's own. A thread that wakes
/// late skips what is done, so nobody ever waits for it.
static void work_on_phases(Job *job, int thread) {
  for (int phase = 0; phase < job->phases; phase++) {
    wait_for(job, phase * job->chunks);
    for (int i = 0; i < job->chunks; i++) {
      int part = (thread + i) % job->chunks;
      atomic_int *taken = &job->parts[part].taken;
      int expected = phase;
      if (atomic_load_explicit(taken, memory_order_relaxed) != phase) continue;
      if (!atomic_compare_exchange_strong(taken, &expected, phase + 1)) continue;
      job->phase_body(job->context, phase, part);
      atomic_fetch_add_explicit(&job->finished, 1, memory_order_acq_rel);
    }
  }
}

static void work_on(Job *job, int thread) {
  SmapThreadSettings before = settings;
  inside_job = 1;
  settings = job->settings;
  if (job->phases) work_on_phases(job, thread); else work_on_chunks(job);
  settings = before;
  inside_job = 0;
}

static void *worker(void *argument) {
  int index = (int)(long)argument;
  unsigned seen = 0;
  for (;;) {
    unsigned now = atomic_load(&generation);
    for (int spin = 0; now == seen && spin < SPINS; spin++) {
      pause_briefly();
      now = atomic_load(&generation);
    }
    if (now == seen) {
      pthread_mutex_lock(&sleep_lock);
      while ((now = atomic_load(&generation)) == seen) pthread_cond_wait(&wake, &sleep_lock);
      pthread_mutex_unlock(&sleep_lock);
    }
    seen = now;
    if (index >= atomic_load(&wanted_threads) - 1) continue;
    atomic_fetch_add(&users, 1);
    Job *job = atomic_load(&current_job);
    if (job) work_on(job, index + 1);
    atomic_fetch_sub(&users, 1);
  }
  return NULL;
}

static void start_workers(int count) {
  while (started_workers < count) {
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 16 << 20);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int failed = pthread_create(&thread, &attributes, worker, (void *)(long)started_workers);
    pthread_attr_destroy(&attributes);
    if (failed) return;  // with fewer threads the results are the same
    started_workers++;
  }
}

/// Whether the job can be distributed; if so, the calling thread holds `job_lock`.
static int may_share(int chunks) {
  return chunks > 1 && smap_thread_count() > 1 && !inside_job &&
         pthread_mutex_trylock(&job_lock) == 0;
}

/// Runs a job together with the workers, then releases `job_lock`.
static void share(Job *job) {
  start_workers(smap_thread_count() - 1);
  job->settings = settings;
  atomic_store(&job->next, 0);
  atomic_store(&job->finished, 0);
  atomic_store(&current_job, job);
  pthread_mutex_lock(&sleep_lock);
  atomic_fetch_add(&generation, 1);
  pthread_cond_broadcast(&wake);
  pthread_mutex_unlock(&sleep_lock);
  work_on(job, 0);
  wait_for(job, job->chunks * (job->phases ? job->phases : 1));
  atomic_store(&current_job, NULL);
  for (int spin = 0; atomic_load(&users) > 0; spin++) {
    if (spin < SPINS) pause_briefly(); else sched_yield();
  }
  pthread_mutex_unlock(&job_lock);
}

/// Marks the calling thread as working inside a job of `chunks` chunks, even if it runs all of them
/// itself: nested calls then run inline whether or not the pool was free. Returns the previous
/// state, to be restored at the end. A job of one chunk does not count: nested calls may still be
/// distributed.
static int enter_alone(int chunks) {
  int before = inside_job;
  if (chunks > 1) inside_job = 1;
  return before;
}

void smap_parallel_for(int chunks, void (*body)(void *, int), void *context) {
  if (!may_share(chunks)) {
    int before = enter_alone(chunks);
    for (int i = 0; i < chunks; i++) body(context, i);
    inside_job = before;
    return;
  }
  Job job = {.body = body, .context = context, .chunks = chunks};
  share(&job);
}

void smap_parallel_phases(int phases, int parts, void (*body)(void *, int, int), void *context) {
  if (phases <= 0 || parts > MAX_PARTS || !may_share(parts)) {
    int before = enter_alone(parts);
    for (int phase = 0; phase < phases; phase++)
      for (int part = 0; part < parts; part++) body(context, phase, part);
    inside_job = before;
    return;
  }
  Part taken[MAX_PARTS];
  for (int i = 0; i < parts; i++) atomic_init(&taken[i].taken, 0);
  Job job = {.phase_body = body, .context = context, .chunks = parts, .phases = phases, .parts = taken};
  share(&job);
}
