// SPDX-License-Identifier: Apache-2.0
//
// libpng's simplified interface (png_image_*) reports errors by return value, so it needs no
// setjmp and can be called from Swift as it is.

#include <png.h>
