// Programmer errors stop the process: ASSERT is never compiled out (CMake's release types define
// NDEBUG, so assert() would vanish). Anybody may use it; outcomes that an input can cause are enums
// and exit codes instead, never an ASSERT.
#ifndef GPROOF_ASSERT_H
#define GPROOF_ASSERT_H

// Print file, line and expression to stderr and abort(). Async-signal-safe.
__attribute__((noreturn, cold)) void assert_failed(const char *expression, const char *file,
                                                   int line);

#define ASSERT(expression)                                                                         \
    ((__builtin_expect(!!(expression), 1)) ? (void)0                                               \
                                           : assert_failed(#expression, __FILE__, __LINE__))

#endif
