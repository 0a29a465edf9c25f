// The plain posix world: a point is nothing. See posix_impl.h.
#ifndef GPROOF_OS_IMPL_H
#define GPROOF_OS_IMPL_H

#include "posix_impl.h"

static inline __attribute__((always_inline)) void os_point(enum os_op op, const void *object,
                                                           enum site site) {
    (void)op, (void)object, (void)site;
}

#endif
