// The plain posix world's half of os.h that is inlined: a point is nothing and costs nothing, so
// that what TSan sees are the runtime's own orders and no others. The rest is in posix_impl.h,
// shared with the noisy twin in posix/noise. Included by os.h only.
#ifndef GPROOF_OS_IMPL_H
#define GPROOF_OS_IMPL_H

#include "posix_impl.h"

static inline __attribute__((always_inline)) void os_point(enum os_op op, const void *object,
                                                           enum site site) {
    (void)op, (void)object, (void)site;
}

#include "posix_lock.h"

#endif
