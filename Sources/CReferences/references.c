// SPDX-License-Identifier: Apache-2.0
// The functions are those of the Swift runtime, which every program is linked with.
#include "CReferences.h"
