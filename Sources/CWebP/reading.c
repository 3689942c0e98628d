// SPDX-License-Identifier: Apache-2.0
#include "CWebP.h"

#include <webp/decode.h>

int smap_webp_header(const uint8_t *bytes, size_t count, struct smap_webp_header *header) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(bytes, count, &features) != VP8_STATUS_OK) return 0;
  if (features.width <= 0 || features.height <= 0) return 0;
  header->width = (uint32_t)features.width;
  header->height = (uint32_t)features.height;
  header->channels = features.has_alpha ? 4 : 3;
  header->is_animation = features.has_animation;
  return 1;
}

static const char *words(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OK: return NULL;
    case VP8_STATUS_OUT_OF_MEMORY: return "there is no memory left for it";
    case VP8_STATUS_UNSUPPORTED_FEATURE: return "it uses a feature that is not read";
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA: return "it ends too early";
    default: return "its data are corrupt";
  }
}

const char *smap_webp_read(const uint8_t *bytes, size_t count,
                           const struct smap_webp_header *header, uint8_t *pixels) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) return "libwebp has another version than its headers";
  config.output.colorspace = header->channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = pixels;
  config.output.u.RGBA.stride = (int)(header->width * header->channels);
  config.output.u.RGBA.size = (size_t)header->width * header->height * header->channels;
  const char *problem = words(WebPDecode(bytes, count, &config));
  WebPFreeDecBuffer(&config.output);
  return problem;
}

int smap_webp_version(void) { return WebPGetDecoderVersion(); }
