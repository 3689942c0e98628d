// SPDX-License-Identifier: Apache-2.0
// The thread pool, and per-thread switches.
#ifndef SMAP_THREADS_H
#define SMAP_THREADS_H

/// Calls body(context, i) once for each i in 0..<chunks, on the pool and on the caller.
/// Returns when all are done. Calls from inside a body run inline.
void smap_parallel_for(int chunks, void (*body)(void *context, int chunk), void *context);

/// Calls body(context, phase, part) for all parts of one phase after those of the other. A part of
/// a phase begins when all of the phase before have ended; each part is done by the same thread again
/// and again where possible, so that what it reads stays in that thread's cache. Meant for long loops
/// of short phases: passing from one to the next costs a fraction of a dispatch.
void smap_parallel_phases(int phases, int parts, void (*body)(void *context, int phase, int part),
                          void *context);

/// The number of threads that take part, the caller included.
int smap_thread_count(void);
/// Sets the number of threads, clamped to 1...256.
void smap_set_thread_count(int count);

/// Whether this thread works on a chunk, so that others may work beside it.
int smap_is_inside_chunk(void);

/// Asks long work to stop between two of its blocks, or withdraws that. Safe in signal handlers.
void smap_request_stop(int requested);
/// Whether long work of this thread shall stop, and why; 0 if it shall not.
int smap_stop_requested(void);
enum { SMAP_STOP_ASKED = 1, SMAP_STOP_TIME_IS_UP = 2 };

/// Lets work of this thread, and what it shares out, go on for so many seconds after a time of the
/// monotonic clock; 0: for ever.
void smap_set_deadline(double start, double seconds);
/// What the last call of smap_set_deadline on this thread, or on the one that shared out the work, said.
double smap_seconds_allowed(void);

/// Whether products of layers on this thread round their operands to bfloat16; workers do as the
/// thread does that shares out the work.
int smap_uses_bfloat16(void);
void smap_use_bfloat16(int use);

/// Whether this thread records gradients.
int smap_gradients_enabled(void);
void smap_set_gradients_enabled(int enabled);

#endif
