// The program of a run as text that explains itself: what `workload_print` prints, with the meaning
// of each op behind its first use, and of each preemption.
#ifndef GPROOF_PROGRAM_H
#define GPROOF_PROGRAM_H

#include "strbuf.h"
#include "workload.h"

// Append it, every line behind two spaces. Notes that would not fit into width are left out, and
// lines of a program longer than a page are.
void program_print(struct strbuf *out, const struct workload *workload, uint32_t width);

#endif
