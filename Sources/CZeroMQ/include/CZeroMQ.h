// SPDX-License-Identifier: Apache-2.0
// The part of ZeroMQ that a Jupyter kernel needs: routers, a publisher, replies, and a wait for
// several sockets.
//
// The library is loaded on first use: only `smap kernel` needs it, and smap runs on machines
// without it.
#ifndef SMAP_CZEROMQ_H
#define SMAP_CZEROMQ_H

#include <stddef.h>
#include <stdint.h>

/// Kinds of sockets, as libzmq numbers them.
enum { SMAP_ZMQ_REPLY = 4, SMAP_ZMQ_ROUTER = 6, SMAP_ZMQ_EXTENDED_PUBLISHER = 9 };

/// Whether the library is available with all required symbols; loads it on the first call. Nothing
/// below may be called unless this has returned 1.
int smap_zmq_open(void);
/// The system's message when the library could not be loaded.
const char *smap_zmq_problem(void);
/// The version of the library: major, minor, patch.
void smap_zmq_version(int *major, int *minor, int *patch);
/// The message of the last error of this thread.
const char *smap_zmq_error(void);
/// Whether the last error of this thread only means that there is nothing to receive now.
int smap_zmq_would_block(void);

/// A context with one thread for input and output; null on failure.
void *smap_zmq_context(void);
/// Ends a context whose sockets are closed; waits until they have sent what they hold, or their
/// linger time is over.
void smap_zmq_end(void *context);

/// A socket; null on failure. `most` is the size in bytes of the largest frame that a peer may
/// send: beyond it the library closes the connection. `queue` is how many messages wait for a slow
/// peer before further ones are dropped.
void *smap_zmq_socket(void *context, int kind, int64_t most, int queue);
/// Closes a socket; a second later at the latest nothing of it is left.
void smap_zmq_close(void *socket);
/// Binds a socket; 0 on success. With port `*` the system chooses one: `smap_zmq_endpoint` says
/// which.
int smap_zmq_bind(void *socket, const char *endpoint);
/// Writes the endpoint that a socket is bound to, with a final NUL; 0 on success.
int smap_zmq_endpoint(void *socket, char *text, size_t size);

/// Sends a frame of a message; 0 on success.
int smap_zmq_send(void *socket, const void *bytes, size_t size, int more);
/// A received frame. `bytes` is valid until `smap_zmq_release`.
typedef struct {
  const unsigned char *bytes;
  size_t size;
  /// Whether further frames of the message follow.
  int more;
  _Alignas(8) unsigned char storage[64];
} SmapFrame;
/// Receives a frame without waiting; 0 on success. The frame stays where it is until its release.
int smap_zmq_receive(void *socket, SmapFrame *frame);
/// Releases a received frame.
void smap_zmq_release(SmapFrame *frame);

/// Waits until one of two sockets has a message or a descriptor is readable, at most so many
/// milliseconds; -1: forever. A null socket and a descriptor of -1 are ignored. Returns a sum of 1
/// for the first socket, 2 for the second and 4 for the descriptor; 0 if the time is over or a
/// signal came.
int smap_zmq_wait(void *first, void *second, int descriptor, long milliseconds);

#endif
