// SPDX-License-Identifier: Apache-2.0
// Loads libmpi of Open MPI and forwards calls. The declarations are those of its mpi.h, where
// communicators, types and requests are pointers and predefined ones are exported objects.
#include "CMPI.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>

typedef void *Communicator;
typedef void *DataType;
typedef void *Request;

/// MPI_Status: source, tag and error come first, and the rest is private. Larger than it is.
typedef struct {
  int source, tag, error;
  int reserved[29];
} Status;

/// The routines: name and parameters of each; all return an error code. With the objects below the
/// only list of what the library must export.
#define ROUTINES(ROUTINE) \
  ROUTINE(MPI_Init_thread, (int *, char ***, int, int *)) \
  ROUTINE(MPI_Finalize, (void)) \
  ROUTINE(MPI_Abort, (Communicator, int)) \
  ROUTINE(MPI_Comm_dup, (Communicator, Communicator *)) \
  ROUTINE(MPI_Comm_rank, (Communicator, int *)) \
  ROUTINE(MPI_Comm_size, (Communicator, int *)) \
  ROUTINE(MPI_Isend, (const void *, int, DataType, int, int, Communicator, Request *)) \
  ROUTINE(MPI_Irecv, (void *, int, DataType, int, int, Communicator, Request *)) \
  ROUTINE(MPI_Test, (Request *, int *, Status *)) \
  ROUTINE(MPI_Iprobe, (int, int, Communicator, int *, Status *)) \
  ROUTINE(MPI_Get_count, (const Status *, DataType, int *)) \
  ROUTINE(MPI_Get_library_version, (char *, int *))

#define DECLARE(name, parameters) static int(*name) parameters;
ROUTINES(DECLARE)

/// As mpi.h numbers it.
enum { THREAD_MULTIPLE = 3, SUCCESS = 0 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int is_open = 0;
static const char *problem = "";
static char version[8192];
static void *world, *byte;
static Communicator channels[SMAP_MPI_CHANNELS];
static atomic_int is_joined = 0;

static void open_library(void) {
  // Its plugins look for symbols of the library among those of the process.
  void *library = dlopen("libmpi.so.40", RTLD_NOW | RTLD_GLOBAL);
  if (!library) {
    const char *words = dlerror();
    problem = words ? words : "libmpi.so.40 cannot be opened";
    return;
  }
#define FIND(name, parameters) \
  if (!(name = (int(*) parameters)dlsym(library, #name))) { \
    problem = "libmpi.so.40 has no " #name; \
    return; \
  }
  ROUTINES(FIND)
  world = dlsym(library, "ompi_mpi_comm_world");
  byte = dlsym(library, "ompi_mpi_byte");
  if (!world || !byte) {
    problem = "libmpi.so.40 is not that of Open MPI";
    return;
  }
  is_open = 1;
}

int smap_mpi_open(void) {
  pthread_once(&once, open_library);
  return is_open;
}

const char *smap_mpi_problem(void) { return problem; }

const char *smap_mpi_version(void) {
  int length = 0;
  if (MPI_Get_library_version(version, &length) != SUCCESS) return "";
  // The name and number come first: "Open MPI v4.1.4, package: ...".
  for (char *end = version; *end; end++) {
    if (*end == ',') *end = 0;
  }
  return version;
}

int smap_mpi_start(int *rank, int *size) {
  int provided = 0;
  if (MPI_Init_thread(NULL, NULL, THREAD_MULTIPLE, &provided) != SUCCESS) return -1;
  atomic_store(&is_joined, 1);
  if (provided < THREAD_MULTIPLE) return -1;
  for (int i = 0; i < SMAP_MPI_CHANNELS; i++) {
    if (MPI_Comm_dup(world, &channels[i]) != SUCCESS) return -1;
  }
  return MPI_Comm_rank(world, rank) != SUCCESS || MPI_Comm_size(world, size) != SUCCESS ? -1 : 0;
}

void smap_mpi_finish(void) {
  if (atomic_exchange(&is_joined, 0)) MPI_Finalize();
}

void smap_mpi_abort(int code) {
  if (atomic_exchange(&is_joined, 0)) MPI_Abort(world, code);
}

SmapMessage smap_mpi_send(int channel, int to, int tag, const void *bytes, size_t size) {
  Request request = NULL;
  MPI_Isend(bytes, (int)size, byte, to, tag, channels[channel], &request);
  return request;
}

SmapMessage smap_mpi_receive(int channel, int from, int tag, void *bytes, size_t size) {
  Request request = NULL;
  MPI_Irecv(bytes, (int)size, byte, from, tag, channels[channel], &request);
  return request;
}

int smap_mpi_is_done(SmapMessage *message) {
  if (!*message) return 1;
  int done = 0;
  Status status;
  // Errors end the job: that is what MPI does unless it is told otherwise.
  if (MPI_Test(message, &done, &status) != SUCCESS || !done) return 0;
  *message = NULL;
  return 1;
}

int64_t smap_mpi_waiting(int channel, int from, int tag) {
  int found = 0, count = 0;
  Status status;
  if (MPI_Iprobe(from, tag, channels[channel], &found, &status) != SUCCESS || !found) return -1;
  return MPI_Get_count(&status, byte, &count) == SUCCESS ? count : -1;
}
