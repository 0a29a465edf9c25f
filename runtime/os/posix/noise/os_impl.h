// The noisy posix world: a point may disturb the thread that makes it. See posix_impl.h.
#ifndef GPROOF_OS_IMPL_H
#define GPROOF_OS_IMPL_H

#include "posix_impl.h"

#define OS_IS_NOISY 1

// Count the point; once in a while spin, yield or sleep (noise.c).
void os_noise_point(void);

static inline __attribute__((always_inline)) void os_point(enum os_op op, const void *object,
                                                           enum site site) {
    (void)op, (void)object, (void)site;
    os_noise_point();
}

#include "posix_lock.h"

#endif
