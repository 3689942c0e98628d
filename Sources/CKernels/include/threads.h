// SPDX-License-Identifier: Apache-2.0
// The thread pool, and state that each thread has of its own.
#ifndef SMAP_THREADS_H
#define SMAP_THREADS_H

/// Calls body(context, i) once for each i in 0..<chunks, on the pool and on the caller.
/// Returns when all are done. Calls from inside a body run inline.
void smap_parallel_for(int chunks, void (*body)(void *context, int chunk), void *context);

/// Calls body(context, phase, part) for all parts of one phase after those of the other. A part of
/// a phase begins when all of the previous phase have ended; each part runs on the same thread in
/// every phase where possible, so that its data stays in that core's cache. Meant for long loops of
/// short phases: the transition from one to the next costs a fraction of a dispatch.
void smap_parallel_phases(int phases, int parts, void (*body)(void *context, int phase, int part),
                          void *context);

/// The number of threads in use, the caller included.
int smap_thread_count(void);
/// Sets the number of threads, clamped to 1...256.
void smap_set_thread_count(int count);

/// Whether this thread is running a chunk, so that others may run beside it.
int smap_is_inside_chunk(void);

/// Requests that long work stop between two of its blocks, or withdraws the request. Safe in signal
/// handlers.
void smap_request_stop(int requested);
/// Whether long work of this thread must stop, and why; 0 if it need not.
int smap_stop_requested(void);
enum { SMAP_STOP_ASKED = 1, SMAP_STOP_TIME_IS_UP = 2 };

/// Limits the work of this thread, and the chunks it distributes, to so many seconds after a time
/// of the monotonic clock; 0: no limit.
void smap_set_deadline(double start, double seconds);
/// The seconds of the last smap_set_deadline on this thread, or on the one that distributed the
/// work.
double smap_seconds_allowed(void);

/// Whether products of layers on this thread round their operands to bfloat16; workers inherit this
/// from the thread that distributes the work.
int smap_uses_bfloat16(void);
void smap_use_bfloat16(int use);

/// Whether this thread records gradients.
int smap_gradients_enabled(void);
void smap_set_gradients_enabled(int enabled);

#endif
