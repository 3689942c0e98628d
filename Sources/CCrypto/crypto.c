// SPDX-License-Identifier: Apache-2.0
// Loads libcrypto and forwards calls. OpenSSL 1.1 and 3 export these functions alike.
#include "CCrypto.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>

/// The routines: result, name and parameters of each. The only list of what the library must
/// export.
#define ROUTINES(ROUTINE) \
  ROUTINE(const void *, EVP_sha256, (void)) \
  ROUTINE(unsigned char *, HMAC, (const void *, const void *, int, const unsigned char *, size_t, \
                                  unsigned char *, unsigned int *)) \
  ROUTINE(int, CRYPTO_memcmp, (const void *, const void *, size_t))

#define DECLARE(result, name, parameters) static result(*name) parameters;
ROUTINES(DECLARE)

static const char *const names[] = {"libcrypto.so.3", "libcrypto.so.1.1"};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *found = "";
static const char *problem = "";

static void open_library(void) {
  void *library = 0;
  const char *name = "";
  for (size_t i = 0; !library && i < sizeof names / sizeof *names; i++)
    library = dlopen(name = names[i], RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    problem = "libcrypto.so.3 cannot be opened";
    return;
  }
#define FIND(result, routine, parameters) \
  if (!(routine = (result(*) parameters)dlsym(library, #routine))) { \
    problem = "libcrypto has no " #routine; \
    return; \
  }
  ROUTINES(FIND)
  found = name;
}

int smap_crypto_open(void) {
  pthread_once(&once, open_library);
  return *found != 0;
}

const char *smap_crypto_problem(void) { return problem; }

const char *smap_crypto_name(void) { return found; }

int smap_hmac(const void *key, size_t key_size, const unsigned char *message, size_t size,
              unsigned char digest[SMAP_HMAC_SIZE]) {
  if (key_size > INT_MAX) return -1;
  unsigned int written = 0;
  const unsigned char *result =
      HMAC(EVP_sha256(), key, (int)key_size, message, size, digest, &written);
  return result && written == SMAP_HMAC_SIZE ? 0 : -1;
}

int smap_equal_in_constant_time(const void *a, const void *b, size_t size) {
  return CRYPTO_memcmp(a, b, size) == 0;
}
