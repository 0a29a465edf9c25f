// A finding of stress as files: the workload as bytes and text, and its story, in a folder of its
// own below the campaign's. All three or none.
#ifndef GPROOF_FINDING_FILES_H
#define GPROOF_FINDING_FILES_H

#include "ledger.h"
#include "runner.h"
#include "stress_options.h"

enum { FINDING_NAME_MAX = 4096 };

enum finding_file { FINDING_BYTES, FINDING_TEXT, FINDING_STORY, FINDING_FILES };

// The name of one of its files. name has FINDING_NAME_MAX bytes. Returns name.
char *finding_files_name(const struct stress_options *options, const struct ledger_finding *finding,
                         enum finding_file file, char *name);

// Write the three. outcome is NULL if the run left no trace; report is the sanitizer's text, or
// NULL. Returns 0, or an errno with nothing of the finding on disk.
int finding_files_save(const struct stress_options *options, const struct ledger_finding *finding,
                       const struct workload *workload, const struct outcome *outcome,
                       const char *report);

#endif
