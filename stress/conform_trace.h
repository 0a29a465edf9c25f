// The traces of real Go: the file that the test of stress/go/conform_test.go.txt writes, read trace
// by trace. Its numbers are little-endian words. A trace is a head of four (a magic, the plan,
// flags, how many buffers), then each buffer: the number of its events and these, as trace.h has
// them.
#ifndef GPROOF_CONFORM_TRACE_H
#define GPROOF_CONFORM_TRACE_H

#include "trace.h"

#include <stdbool.h>

struct conform_file; // a file of traces, mapped

// What one round was.
struct conform_round {
    struct trace trace; // borrowed until the next round is read
    enum run_end end;   // finished, or inconclusive: somebody was still under way
    uint32_t plan;
};

// NULL with a message on stderr if it cannot be read.
struct conform_file *conform_file_open(const char *name);
void conform_file_close(struct conform_file *file);

enum conform_read { CONFORM_ROUND, CONFORM_END, CONFORM_CUT };

// Read the next round. CONFORM_CUT: what follows is no whole round (the process has died in writing
// it).
enum conform_read conform_file_next(struct conform_file *file, struct conform_round *round);

#endif
