// The folder of a Go test that runs plans: the module, the harness, the numbers of events and ops,
// and the plans. Files of stress/go are copied without their ending .txt. Every failure is told on
// stderr.
#ifndef GPROOF_CARRY_FOLDER_H
#define GPROOF_CARRY_FOLDER_H

#include "strbuf.h"
#include "workload.h"

#include <stdbool.h>
#include <stdint.h>

// Write a file of the folder. False: it could not be written, the file is as it was.
bool carry_folder_put(const char *folder, const char *name, const struct strbuf *text);

// Which parts of the harness the plans of a test need.
struct carry_parts {
    bool cleanups, coroutines;
    bool threads; // of C: cgo
};

// Make the folder and write all but the plans. minor: of the Go that will build it; driver: the
// file of stress/go with the test itself.
bool carry_folder_write(const char *folder, uint32_t minor, const char *driver,
                        struct carry_parts parts);

// Write one plan as plan_test.go (number 0) or planN_test.go.
bool carry_folder_plan(const char *folder, const struct workload *workload, uint32_t number,
                       uint32_t gates);

#endif
