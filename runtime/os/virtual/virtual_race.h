// Programs for virtual_test.c that TSan is to look at: this file's sources are instrumented, and
// the test with its scheduler, which is part of no thread, is not.
#ifndef GPROOF_VIRTUAL_RACE_H
#define GPROOF_VIRTUAL_RACE_H

// Between runs, on the host.
void race_setup(void);

// Entries of a first thread: one program with a data race between two threads that only yield to
// each other, and one whose accesses are ordered by start, mutex, atomic word and note.
void race_program(void *self);
void race_ordered_program(void *self);

// Run this program again with one argument, and TSan's reports silenced. Returns its exit status:
// 66 if there was one; -1 if it did not exit.
int race_status(const char *argument);

#endif
