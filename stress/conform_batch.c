#include "conform_batch.h"

#include "carry_folder.h"
#include "carry_kinds.h"
#include "carry_process.h"
#include "carry_program.h"
#include "generate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TRIES = 50 };

// ---- programs -----------------------------------------------------------------------------------

// What a program is left out for, or NULL. Threads of C need cgo, and the test is built without.
static const char *refused(const struct conform_batch *batch, const struct workload_plan *plan) {
    const char *op = carry_refused(plan, false), *needy;
    if (op == NULL && carry_has_threads(plan))
        op = workload_op_info(carry_has(plan, OP_foreign) ? OP_foreign : OP_bound)->name;
    return op == NULL && carry_needs(plan, &needy) > batch->go->minor ? needy : op;
}

// A generated plan that this Go has all ops for; what is refused on the way is counted.
static bool generate(struct conform_batch *batch, struct workload *workload, struct rng *rng) {
    for (int try = 0; try < TRIES; try++) {
        workload_generate(workload, rng);
        const char *op = refused(batch, &workload->plan);
        if (op == NULL)
            return true;
        for (int kind = 0; kind < OP_COUNT; kind++) {
            const char *name = workload_op_info((enum workload_op_kind)kind)->name;
            batch->refused[kind] += strcmp(name, op) == 0;
        }
    }
    fprintf(stderr,
            "gproof conform: %d generated programs in a row have ops without a counterpart in %s\n",
            TRIES, batch->go->version);
    return false;
}

// The given plans that Go has all ops for, then generated ones.
static bool write_plans(struct conform_batch *batch, uint32_t count, uint64_t seed) {
    struct rng rng = rng_seeded(seed);
    uint32_t given = 0;
    batch->workloads = calloc(batch->given_count + count, sizeof *batch->workloads);
    if (batch->workloads == NULL) {
        fputs("gproof conform: memory is short\n", stderr);
        return false;
    }
    for (uint32_t i = 0; i < batch->given_count; i++) {
        if (refused(batch, &batch->given[i].plan) == NULL)
            batch->workloads[given++] = batch->given[i];
    }
    batch->given_count = given;
    for (batch->plans = 0; batch->plans < given + count; batch->plans++) {
        struct workload *workload = &batch->workloads[batch->plans];
        if ((batch->plans >= given && !generate(batch, workload, &rng)) ||
            !carry_folder_plan(batch->folder, workload, batch->plans, 0))
            return false;
    }
    return true;
}

// ---- building -----------------------------------------------------------------------------------

bool conform_batch_build(struct conform_batch *batch, const char *slip, uint32_t count,
                         uint64_t seed) {
    char helper[CARRY_GO_PATH + 64];
    const char *cache = strchr(batch->go->variables[1], '='); // GOCACHE: absolute
    struct strbuf kinds = {0}, left_out = {0};
    snprintf(helper, sizeof helper, "%s/../carry-helper", cache + 1);
    snprintf(batch->traces, sizeof batch->traces, "%s/traces", batch->folder);
    carry_kinds_print("runtime", &kinds);
    bool good = carry_folder_write(batch->folder, batch->go->minor, "conform_test.go",
                                   (struct carry_parts){.cleanups = true, .coroutines = true}) &&
                carry_folder_put(batch->folder, "kinds.go.txt", &kinds) &&
                write_plans(batch, count, seed) && carry_go_helper(batch->go, helper) &&
                carry_go_overlay(batch->go, helper, batch->folder, "told", slip, "kinds.go.txt",
                                 &left_out) &&
                carry_go_test(batch->go, batch->folder, "told", true);
    strbuf_fini(&kinds);
    strbuf_fini(&left_out);
    return good;
}

void conform_batch_fini(struct conform_batch *batch) {
    unlink(batch->traces);
    free(batch->workloads);
    batch->workloads = NULL;
}

// ---- running ------------------------------------------------------------------------------------

static enum conform_end judge(struct conform_batch *batch, enum carry_end end, int code,
                              const char *said) {
    static const char *const marks[] = {"fatal error: ", "panic: "};
    batch->message[0] = '\0';
    if (end == CARRY_TIMED_OUT)
        return CONFORM_HUNG;
    if (end == CARRY_EXITED && code == 0)
        return CONFORM_DONE;
    for (size_t i = 0; end != CARRY_NOT_STARTED && i < sizeof marks / sizeof marks[0]; i++) {
        const char *at = said == NULL ? NULL : strstr(said, marks[i]);
        if (at == NULL)
            continue;
        at += strlen(marks[i]);
        snprintf(batch->message, sizeof batch->message, "%.*s", (int)strcspn(at, "\n"), at);
        return CONFORM_DIED;
    }
    fprintf(stderr, "gproof conform: the test ended with %s %d and no fatal error\n%s",
            end == CARRY_EXITED      ? "exit code"
            : end == CARRY_KILLED_BY ? "signal"
                                     : "errno",
            code, said == NULL ? "" : said);
    return CONFORM_FAILED;
}

enum conform_end conform_batch_run(struct conform_batch *batch, uint64_t profiles, uint64_t seed) {
    char own[3][64], cpu[16];
    enum { MAX = CARRY_GO_VARIABLES + 4 };
    const char *environment[MAX + 1];
    int count = 0;
    for (; batch->go->environment[count] != NULL; count++)
        environment[count] = batch->go->environment[count];
    snprintf(own[0], sizeof own[0], "GPROOF_PROFILES=%" PRIu64, profiles);
    snprintf(own[1], sizeof own[1], "GPROOF_SEED=%" PRIu64, seed);
    snprintf(cpu, sizeof cpu, "%" PRIu32, batch->procs);
    environment[count++] = "GPROOF_TRACE=traces";
    environment[count++] = own[0];
    environment[count++] = own[1];
    snprintf(own[2], sizeof own[2], "GPROOF_GIVEN=%" PRIu32, batch->given_count);
    environment[count++] = own[2];
    environment[count] = NULL;
    const char *argv[] = {"./told.test", "-test.run", "TestConform", "-test.cpu", cpu, NULL};
    const struct carry_process process = {
        .argv = argv, .environment = environment, .folder = batch->folder, .seconds = batch->limit};
    struct strbuf said = {0};
    int code;
    if (unlink(batch->traces) != 0 && errno != ENOENT) {
        fprintf(stderr, "gproof conform: %s: %s\n", batch->traces, strerror(errno));
        return CONFORM_FAILED;
    }
    enum carry_end ended = carry_run(&process, &code, &said);
    enum conform_end end = judge(batch, ended, code, said.text);
    strbuf_fini(&said);
    return end;
}
