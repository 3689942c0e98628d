// SPDX-License-Identifier: Apache-2.0
// The part of MPI that a data-parallel training needs: messages between two processes, of which
// either side may go on working while they are under way.
//
// The library is loaded on first use: only processes that `mpirun` has started need it.
#ifndef SMAP_CMPI_H
#define SMAP_CMPI_H

#include <stddef.h>
#include <stdint.h>

/// Whether the library is available with all required symbols; loads it on the first call. Nothing
/// below may be called unless this has returned 1.
int smap_mpi_open(void);
/// The system's message when the library could not be loaded.
const char *smap_mpi_problem(void);
/// The name and version of the library, in a line.
const char *smap_mpi_version(void);

/// Messages of one channel are not received from the other.
enum { SMAP_MPI_WORK = 0, SMAP_MPI_LIFE = 1, SMAP_MPI_CHANNELS = 2 };

/// Joins the job; 0 on success. Messages may be sent from several threads afterwards.
int smap_mpi_start(int *rank, int *size);
/// Leaves the job; waits for the other processes to leave as well. Does nothing before the start.
void smap_mpi_finish(void);
/// Ends all processes of the job with an exit code.
void smap_mpi_abort(int code);

/// A message under way; null when none is.
typedef void *SmapMessage;

/// Starts to send at most 2^31 - 1 bytes, which must stay as they are until the message is done.
SmapMessage smap_mpi_send(int channel, int to, int tag, const void *bytes, size_t size);
/// Starts to receive a message of at most `size` bytes.
SmapMessage smap_mpi_receive(int channel, int from, int tag, void *bytes, size_t size);
/// Whether a message has been sent or received; sets it to null then.
int smap_mpi_is_done(SmapMessage *message);
/// The size of a message that can be received at once, or -1.
int64_t smap_mpi_waiting(int channel, int from, int tag);

#endif
