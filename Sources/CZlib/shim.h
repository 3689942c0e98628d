// SPDX-License-Identifier: Apache-2.0
//
// The three things that smap asks of zlib. `inflateInit2` is a macro, which Swift cannot call, and
// a stream is best kept out of sight: the whole input and the exact size of the output are known.
#ifndef SMAP_ZLIB_SHIM_H
#define SMAP_ZLIB_SHIM_H

#include <string.h>
#include <zlib.h>

/// Inflates a raw deflate stream of at most 4 GiB into exactly `size` bytes.
///
/// Returns 1 if the stream is sound, gives exactly `size` bytes and ends with its input, else 0.
static inline int smap_inflate(const unsigned char *input, unsigned int length,
                               unsigned char *output, unsigned int size) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  if (inflateInit2(&stream, -15) != Z_OK) return 0;
  unsigned char beyond;  // a byte more than is due would go here
  stream.next_in = (unsigned char *)input;
  stream.avail_in = length;
  stream.next_out = size > 0 ? output : &beyond;
  stream.avail_out = size > 0 ? size : 1;
  int status = inflate(&stream, Z_FINISH);
  if (status == Z_BUF_ERROR && stream.avail_out == 0 && stream.avail_in > 0) {
    stream.next_out = &beyond;
    stream.avail_out = 1;
    status = inflate(&stream, Z_FINISH);
  }
  int sound = status == Z_STREAM_END && stream.total_out == size && stream.avail_in == 0;
  inflateEnd(&stream);
  return sound;
}

/// Inflates a gzip file of at most 4 GiB into exactly `size` bytes, and compares its checksum.
///
/// Returns 1 if the file is sound, has one member of exactly `size` bytes and ends with it, else 0.
static inline int smap_gunzip(const unsigned char *input, unsigned int length,
                              unsigned char *output, unsigned int size) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return 0;
  unsigned char beyond;  // where the output of an empty file would go
  stream.next_in = (unsigned char *)input;
  stream.avail_in = length;
  stream.next_out = size > 0 ? output : &beyond;
  stream.avail_out = size > 0 ? size : 1;
  int status = inflate(&stream, Z_FINISH);
  int sound = status == Z_STREAM_END && stream.total_out == size && stream.avail_in == 0;
  inflateEnd(&stream);
  return sound;
}

/// The CRC-32 of a run of bytes, continued from `crc` (0 at first).
static inline unsigned int smap_crc32(unsigned int crc, const unsigned char *bytes,
                                      unsigned long length) {
  return (unsigned int)crc32_z(crc, bytes, length);
}

#endif
