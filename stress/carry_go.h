// The user's own Go: found, asked for its version, and told to build. It downloads nothing
// (GOTOOLCHAIN=local, GOPROXY=off), takes no settings from files of the user, and keeps its caches
// where it is told. Not thread-safe. Each function says on stderr what is wrong.
#ifndef GPROOF_CARRY_GO_H
#define GPROOF_CARRY_GO_H

#include "strbuf.h"

#include <stdbool.h>
#include <stdint.h>

enum { CARRY_GO_PATH = 4096, CARRY_GO_MINOR_MIN = 19, CARRY_GO_VARIABLES = 13 };

struct carry_go {
    char root[CARRY_GO_PATH];                               // absolute
    char version[64];                                       // "go1.26.8"
    uint32_t minor;                                         // 26
    char variables[CARRY_GO_VARIABLES][CARRY_GO_PATH + 32]; // for carry_process.environment
    const char *environment[CARRY_GO_VARIABLES + 1];
};

// Find Go: in root, or if that is NULL around the `go` of PATH. cache is the folder of its caches,
// which is created. False: there is none, it is too old, or the folder cannot be made.
bool carry_go_find(struct carry_go *go, const char *root, const char *cache);

// Build the helper that changes runtimes, from the sources of gproof into the file helper.
bool carry_go_helper(const struct carry_go *go, const char *helper);

// Write the overlay of this Go with a slip ("none": without) to folder/name, for use in folder.
// kinds: NULL for gates and checks, or the file in folder with the numbers of the events that the
// runtime is to tell. Appends what this version had no place for to left_out, a line each.
bool carry_go_overlay(const struct carry_go *go, const char *helper, const char *folder,
                      const char *name, const char *slip, const char *kinds,
                      struct strbuf *left_out);

// Build the tests in folder to folder/name.test, with the overlay folder/name or with the runtime
// as it is.
bool carry_go_test(const struct carry_go *go, const char *folder, const char *name, bool overlaid);

// Let it build programs with C in them. False: there is no C compiler in PATH.
bool carry_go_with_c(struct carry_go *go);

#endif
