// SPDX-License-Identifier: Apache-2.0
// The thread pool, and the settings of threads.
#ifndef SMAP_THREADS_H
#define SMAP_THREADS_H

#include <stdbool.h>

/// Calls body(context, i) once for each i in 0..<chunks, on the pool and on the caller.
/// Returns when all are done. Calls from inside a body run inline.
void smap_parallel_for(int chunks, void (*_Nonnull body)(void *_Nullable context, int chunk),
                       void *_Nullable context);

/// Calls body(context, phase, part) for all parts of one phase after those of the other. A part of
/// a phase begins when all of the previous phase have ended; each part runs on the same thread in
/// every phase where possible, so that its data stays in that core's cache. Meant for long loops of
/// short phases: the transition from one to the next costs a fraction of a dispatch.
void smap_parallel_phases(int phases, int parts,
                          void (*_Nonnull body)(void *_Nullable context, int phase, int part),
                          void *_Nullable context);

/// The number of processors that this process may use, by its affinity and the quotas of its
/// control groups; at least 1.
int smap_processor_count(void);
/// The number of cores that the allowed ones of `processors` processors belong to; `root` is put
/// before /sys.
int smap_core_count(const char *_Nonnull root, const unsigned char *_Nonnull allowed,
                    int processors);

/// The largest number of threads.
int smap_most_threads(void);
/// The number of threads in use, the caller included.
int smap_thread_count(void);
/// Sets the number of threads, clamped to 1...256.
void smap_set_thread_count(int count);

/// Whether this thread is running a chunk, so that others may run beside it.
int smap_is_inside_chunk(void);
/// Makes this thread one that runs beside others until it ends: its work is not distributed.
void smap_begin_side_work(void);

/// A request to stop.
typedef struct {
  int requested;
} SmapStopFlag;

/// Raises the flag, or lowers it. Safe in signal handlers and from any thread.
static inline void smap_set_flag(SmapStopFlag *_Nonnull flag, int requested) {
  __atomic_store_n(&flag->requested, requested, __ATOMIC_RELAXED);
}
static inline int smap_flag_is_set(const SmapStopFlag *_Nonnull flag) {
  return __atomic_load_n(&flag->requested, __ATOMIC_RELAXED);
}

/// The flag that long work polls on all threads.
SmapStopFlag *_Nonnull smap_process_stop(void);

/// The state of a thread that workers inherit with the work that it distributes. They inherit all
/// of it, and no other thread-local state.
typedef struct {
  /// Whether products of layers round their operands to bfloat16.
  bool uses_bfloat16;
  /// Whether operations record gradients.
  bool records_gradients;
  /// The deadline of long work, in nanoseconds of the monotonic clock; 0 for none.
  long deadline;
  /// The seconds it was first given.
  double seconds_allowed;
  /// A flag that long work polls besides that of the process.
  const SmapStopFlag *_Nullable stop;
} SmapThreadSettings;

/// The settings of this thread.
SmapThreadSettings smap_thread_settings(void);
void smap_use_thread_settings(SmapThreadSettings settings);

/// Whether long work of this thread must stop, and why; 0 if it need not.
int smap_stop_requested(void);
enum { SMAP_STOP_ASKED = 1, SMAP_STOP_TIME_IS_UP = 2 };

/// Sets the deadline, so many seconds after a time of the monotonic clock; 0: none.
void smap_set_deadline(double start, double seconds);
/// The seconds of the last smap_set_deadline.
double smap_seconds_allowed(void);

int smap_uses_bfloat16(void);
void smap_use_bfloat16(int use);

int smap_gradients_enabled(void);
void smap_set_gradients_enabled(int enabled);

#endif
