// SPDX-License-Identifier: Apache-2.0
// Loads libzmq and forwards calls. The declarations are those of zmq.h, whose binary interface has
// been the same since libzmq 4.0; so no header is needed to build smap.
#include "CZeroMQ.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>

typedef struct {
  void *socket;
  int descriptor;
  short events;
  short ready;
} PollItem;

/// The routines: result, name and parameters of each. The only list of what the library must
/// export.
#define ROUTINES(ROUTINE) \
  ROUTINE(void *, zmq_ctx_new, (void)) \
  ROUTINE(int, zmq_ctx_term, (void *)) \
  ROUTINE(void *, zmq_socket, (void *, int)) \
  ROUTINE(int, zmq_close, (void *)) \
  ROUTINE(int, zmq_setsockopt, (void *, int, const void *, size_t)) \
  ROUTINE(int, zmq_getsockopt, (void *, int, void *, size_t *)) \
  ROUTINE(int, zmq_bind, (void *, const char *)) \
  ROUTINE(int, zmq_send, (void *, const void *, size_t, int)) \
  ROUTINE(int, zmq_msg_init, (void *)) \
  ROUTINE(int, zmq_msg_recv, (void *, void *, int)) \
  ROUTINE(int, zmq_msg_close, (void *)) \
  ROUTINE(void *, zmq_msg_data, (void *)) \
  ROUTINE(size_t, zmq_msg_size, (const void *)) \
  ROUTINE(int, zmq_msg_more, (const void *)) \
  ROUTINE(int, zmq_poll, (PollItem *, int, long)) \
  ROUTINE(int, zmq_errno, (void)) \
  ROUTINE(const char *, zmq_strerror, (int)) \
  ROUTINE(void, zmq_version, (int *, int *, int *))

#define DECLARE(result, name, parameters) static result(*name) parameters;
ROUTINES(DECLARE)

/// Options and flags, as zmq.h numbers them.
enum {
  SEND_QUEUE = 23,
  LINGER = 17,
  LARGEST_FRAME = 22,
  LAST_ENDPOINT = 32,
  PUBLISHER_VERBOSE = 40,
  IPV6 = 42,
  ROUTER_HANDOVER = 56,
  DO_NOT_WAIT = 1,
  SEND_MORE = 2,
  READABLE = 1,
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int is_open = 0;
static const char *problem = "";

static void open_library(void) {
  void *library = dlopen("libzmq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *words = dlerror();
    problem = words ? words : "libzmq.so.5 cannot be opened";
    return;
  }
#define FIND(result, name, parameters) \
  if (!(name = (result(*) parameters)dlsym(library, #name))) { \
    problem = "libzmq.so.5 has no " #name; \
    return; \
  }
  ROUTINES(FIND)
  is_open = 1;
}

int smap_zmq_open(void) {
  pthread_once(&once, open_library);
  return is_open;
}

const char *smap_zmq_problem(void) { return problem; }

void smap_zmq_version(int *major, int *minor, int *patch) { zmq_version(major, minor, patch); }

const char *smap_zmq_error(void) { return zmq_strerror(zmq_errno()); }

int smap_zmq_would_block(void) { return zmq_errno() == EAGAIN; }

void *smap_zmq_context(void) { return zmq_ctx_new(); }

void smap_zmq_end(void *context) {
  while (zmq_ctx_term(context) != 0 && zmq_errno() == EINTR) {
  }
}

static int set_number(void *socket, int option, int value) {
  return zmq_setsockopt(socket, option, &value, sizeof value);
}

void *smap_zmq_socket(void *context, int kind, int64_t most, int queue) {
  void *socket = zmq_socket(context, kind);
  if (!socket) return 0;
  int failed = set_number(socket, LINGER, 1000) | set_number(socket, SEND_QUEUE, queue) |
               set_number(socket, IPV6, 1) |
               zmq_setsockopt(socket, LARGEST_FRAME, &most, sizeof most);
  // A front end that connects again keeps its name.
  if (kind == SMAP_ZMQ_ROUTER) failed |= set_number(socket, ROUTER_HANDOVER, 1);
  // Each subscription is reported, also one that another subscriber has made before.
  if (kind == SMAP_ZMQ_EXTENDED_PUBLISHER) failed |= set_number(socket, PUBLISHER_VERBOSE, 1);
  if (!failed) return socket;
  zmq_close(socket);
  return 0;
}

void smap_zmq_close(void *socket) { zmq_close(socket); }

int smap_zmq_bind(void *socket, const char *endpoint) { return zmq_bind(socket, endpoint); }

int smap_zmq_endpoint(void *socket, char *text, size_t size) {
  return zmq_getsockopt(socket, LAST_ENDPOINT, text, &size);
}

int smap_zmq_send(void *socket, const void *bytes, size_t size, int more) {
  int count;
  do {
    count = zmq_send(socket, bytes, size, DO_NOT_WAIT | (more ? SEND_MORE : 0));
  } while (count < 0 && zmq_errno() == EINTR);
  return count < 0 ? -1 : 0;
}

int smap_zmq_receive(void *socket, SmapFrame *frame) {
  zmq_msg_init(frame->storage);
  int count;
  do {
    count = zmq_msg_recv(frame->storage, socket, DO_NOT_WAIT);
  } while (count < 0 && zmq_errno() == EINTR);
  if (count < 0) return -1;
  frame->bytes = zmq_msg_data(frame->storage);
  frame->size = zmq_msg_size(frame->storage);
  frame->more = zmq_msg_more(frame->storage);
  return 0;
}

void smap_zmq_release(SmapFrame *frame) { zmq_msg_close(frame->storage); }

int smap_zmq_wait(void *first, void *second, int descriptor, long milliseconds) {
  PollItem items[3];
  int bits[3];
  int count = 0;
  if (first) {
    bits[count] = 1;
    items[count++] = (PollItem){first, 0, READABLE, 0};
  }
  if (second) {
    bits[count] = 2;
    items[count++] = (PollItem){second, 0, READABLE, 0};
  }
  if (descriptor >= 0) {
    bits[count] = 4;
    items[count++] = (PollItem){0, descriptor, READABLE, 0};
  }
  if (zmq_poll(items, count, milliseconds) <= 0) return 0;
  int sum = 0;
  for (int i = 0; i < count; i++)
    if (items[i].ready) sum |= bits[i];
  return sum;
}
