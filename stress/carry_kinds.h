// The numbers of events, their enums and the ops as Go constants: what the Go sources of stress/go
// know of ours. Pure, thread-safe.
#ifndef GPROOF_CARRY_KINDS_H
#define GPROOF_CARRY_KINDS_H

#include "strbuf.h"

enum { CARRY_BUFFER_EVENTS = 1 << 14 }; // that the runtime keeps of a thread in one trace

// Append a Go file of that package.
void carry_kinds_print(const char *package, struct strbuf *out);

// Append a Go file of the package of the harness: the frame functions of the language.
void carry_frames_print(struct strbuf *out);

#endif
