// One process of somebody else, run to its end or to a time limit, with what it has said. It is
// alone in its process group, which is ended with it, and it does not outlive its parent. Not
// thread-safe: SIGCHLD must not be ignored.
#ifndef GPROOF_CARRY_PROCESS_H
#define GPROOF_CARRY_PROCESS_H

#include "strbuf.h"

#include <stdbool.h>

enum carry_end {
    CARRY_EXITED,
    CARRY_KILLED_BY,
    CARRY_TIMED_OUT,
    CARRY_STOPPED, // by `stop`
    CARRY_NOT_STARTED
};

enum { CARRY_SAID_MAX = 1 << 16 }; // bytes kept of stdout and stderr together

struct carry_process {
    const char *const *argv;        // argv[0] is a file or a name in PATH
    const char *const *environment; // NAME=VALUE added to the caller's, NULL-terminated; or NULL
    const char *folder;             // where it runs, NULL: here
    double seconds;                 // limit
    bool (*stop)(void);             // NULL, or asked now and then: true ends it
};

// Run it. *code is the exit code, the signal, or the errno that kept it from starting; said gets
// its first CARRY_SAID_MAX bytes of output appended.
enum carry_end carry_run(const struct carry_process *process, int *code, struct strbuf *said);

#endif
