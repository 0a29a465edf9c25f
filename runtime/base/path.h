// The name of a context: who is acting, told by its path of creation and never by a number of
// allocation, so that it stays the same when the rest of the program changes.
//
//   main            the goroutine that runs body 0        main/2/1   first child of main's second
//   m0              the first M's g0                      main/2/m1  g0 of the first M that
//   fing            the finalizer goroutine                          goroutine main/2 started
//   cleanup1        the first cleanup goroutine           ~1f2e...   a path too long to keep
//   markworker/1    the first mark worker                 sweeper, scavenger
//
// A path is a value of 64 bits: a root in the top byte, then up to seven steps from the left, one
// byte each (0 = no step, 1..127 = that child goroutine, 128 + k = the k-th M started). A path that
// does not fit becomes a hash with root PATH_DEEP: still stable, no longer readable. 0 = nobody.
#ifndef GPROOF_PATH_H
#define GPROOF_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum path_root {
    PATH_NONE,
    PATH_MAIN,
    PATH_M0,
    PATH_FING,
    PATH_CLEANUP,
    PATH_MARK_WORKER,
    PATH_SWEEPER,
    PATH_SCAVENGER,
    PATH_DEEP
};
enum { PATH_STEPS_MAX = 7, PATH_TEXT_SIZE = 48 };

// The path of a root; ordinal is its first step (cleanup goroutines, from 1) or 0 for none.
uint64_t path_root(enum path_root root, uint32_t ordinal);

// The path of parent's child goroutine (is_m false) or started M (is_m true); ordinal from 1.
uint64_t path_child(uint64_t parent, uint32_t ordinal, bool is_m);

// True if the path names an M's g0.
bool path_is_m(uint64_t path);

// Write the path as text, NUL-terminated, into PATH_TEXT_SIZE bytes. Returns text. 0 prints "-".
char *path_format(uint64_t path, char text[PATH_TEXT_SIZE]);

// Parse text of exactly size bytes. Returns false, and leaves *path alone, if it is no path.
bool path_parse(const char *text, size_t size, uint64_t *path);

// Any 64 bits to the nearest valid path: total, idempotent, identity on valid paths.
uint64_t path_canonical(uint64_t bits);

#endif
