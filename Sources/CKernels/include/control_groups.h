// SPDX-License-Identifier: Apache-2.0
// The limits that containers have. `root` is put before `/proc` and `/sys`; tests have trees of
// their own.
#ifndef SMAP_CONTROL_GROUPS_H
#define SMAP_CONTROL_GROUPS_H

/// The processors that the quotas of the control groups of this process amount to, rounded up, or 0
/// without a quota.
int smap_processor_quota(const char *_Nonnull root);
/// The memory that the control groups of this process allow, in bytes, or 0 without a limit.
long smap_memory_quota(const char *_Nonnull root);

#endif
