// The command line of `gproof stress`. A value: filled once by stress_options_parse and only read
// from then on, by the supervisor and its workers alike. Strings are borrowed from argv. Whatever
// is wrong with a command line is said before anything has been started or written.
#ifndef GPROOF_STRESS_OPTIONS_H
#define GPROOF_STRESS_OPTIONS_H

#include "subject.h"

#include <stdbool.h>
#include <stdint.h>

struct stress_options {
    double seconds;   // time limit
    uint64_t runs;    // limit, 0 = none
    uint32_t threads; // Ms of every workload, 0 = what its header says
    uint32_t procs;   // Ps, likewise
    uint64_t seed;
    struct subject subject;
    const char *corpus; // folder, or NULL
    const char *file;   // one workload, or NULL
    const char *out;    // folder of the findings
    const char *junit;  // file, or NULL
    bool json;
    bool events;       // false: in-process checks only
    const char *until; // id of a promise: end with the first run that breaks it; or NULL
    bool blindfold;    // hidden: the canaries' faults are left out
    bool plant;        // hidden: commit a fault that the sanitizer sees, in every run
    uint32_t watchdog_ms, slow_ms; // a run without progress; one with it that does not end
    double pursue_seconds;         // budget of each step of a pursuit (pursuit.h); 0 = none
};

enum stress_options_result { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_WRONG };

// Parse argv. OPTIONS_HELP has printed the help to stdout; OPTIONS_WRONG has said on stderr what
// was wrong and what was expected.
enum stress_options_result stress_options_parse(struct stress_options *options, int argc,
                                                char **argv);

// The command that runs this campaign's subject on one workload file again, appended to out.
void stress_options_replay(const struct stress_options *options, const char *file,
                           struct strbuf *out);

#endif
