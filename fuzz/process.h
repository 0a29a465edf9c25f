// One child process under limits: its own group, no core, a bound on time, memory and silence;
// nothing of its group survives it, and the kernel ends it with its caller. For compilers and for
// mutated runtimes, which may do anything. Blocks; one at a time in a process.
#ifndef GPROOF_PROCESS_H
#define GPROOF_PROCESS_H

#include "strbuf.h"

#include <stdint.h>

struct process_config {
    char *const *arguments; // NULL behind the last; found by PATH
    const char *folder;     // to work in; NULL: the caller's
    const char *log;        // file for stdout and stderr; NULL: nowhere
    double seconds;         // at most
    uint64_t memory;        // bytes resident at most; 0 = no limit
    bool fixed_addresses;   // TSan of clang 14 wants them where the kernel spreads mappings widely
    // NULL, or asked every few milliseconds for a number that changes while it works; unchanged for
    // `silence` seconds, it hangs.
    uint64_t (*pulse)(void *user);
    double silence;
    void *user;
};

enum process_kind {
    PROCESS_EXITED,   // code: exit code
    PROCESS_SIGNALED, // code: the signal
    PROCESS_LATE,     // the time is over
    PROCESS_SILENT,
    PROCESS_LARGE
};
struct process_end {
    enum process_kind kind;
    int code;
};

// False with a message on stderr if no process can be had.
bool process_run(const struct process_config *config, struct process_end *end);

// Run to its end and append what it said on stdout, at most max bytes. False with a message on
// stderr if it cannot be run or fails.
bool process_output(char *const *arguments, size_t max, struct strbuf *out);

#endif
