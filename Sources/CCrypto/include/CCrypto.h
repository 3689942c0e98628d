// SPDX-License-Identifier: Apache-2.0
// HMAC-SHA256 of OpenSSL's libcrypto, for the signatures of Jupyter's messages.
//
// The library is loaded on first use: only `smap kernel` needs it, and smap runs on machines
// without it.
#ifndef SMAP_CCRYPTO_H
#define SMAP_CCRYPTO_H

#include <stddef.h>

/// The bytes of a signature.
enum { SMAP_HMAC_SIZE = 32 };

/// Whether the library is available with all required symbols; loads it on the first call. Nothing
/// below may be called unless this has returned 1.
int smap_crypto_open(void);
/// The system's message when the library could not be loaded.
const char *smap_crypto_problem(void);
/// The name of the library that is loaded, such as `libcrypto.so.3`.
const char *smap_crypto_name(void);

/// Writes the HMAC-SHA256 of a message; 0 on success.
int smap_hmac(const void *key, size_t key_size, const unsigned char *message, size_t size,
              unsigned char digest[SMAP_HMAC_SIZE]);
/// Whether two texts of the same length are equal, in a time that does not depend on where they
/// differ.
int smap_equal_in_constant_time(const void *a, const void *b, size_t size);

#endif
