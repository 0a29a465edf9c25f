// gproof carry: a finding as a test of the real Go.
#include "carry_folder.h"
#include "carry_go.h"
#include "carry_options.h"
#include "carry_program.h"
#include "carry_table.h"
#include "finding.h"
#include "options.h"
#include "regression.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { PILOTS = 5 };

struct carry {
    struct carry_options options;
    struct workload workload;
    struct carry_go go;
    struct strbuf left_out;
    char slip[REGRESSION_NAME_MAX]; // "" = none
    char folder[FINDING_PATH_MAX];
    uint32_t gates;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// ---- the finding --------------------------------------------------------------------------------

static bool is_folder(const char *name) {
    struct stat status;
    return stat(name, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool ends_in(const char *text, const char *end) {
    size_t size = strlen(text), tail = strlen(end);
    return size >= tail && strcmp(text + size - tail, end) == 0;
}

// A text that names its mutant is a regression; all else is as replay takes it.
static bool load_finding(struct carry *carry) {
    const char *name = carry->options.finding;
    static struct regression regression;
    struct subject subject;
    char world[16] = "";
    subject_init(&subject);
    if (!is_folder(name) && ends_in(name, ".txt")) {
        if (!regression_load(&regression, name))
            return false;
        carry->workload = regression.workload;
        snprintf(carry->slip, sizeof carry->slip, "%s", regression.mutant_id);
    } else {
        if (!finding_load(name, &carry->workload, &subject, world))
            return false;
        const char *id;
        size_t size;
        if (carry->options.slip == NULL && subject_mutant(&subject, 1, &id, &size)) {
            fprintf(stderr, "%s: several mutants, '%s'; choose one with --slip\n", name,
                    subject.names);
            return false;
        }
        if (subject_mutant(&subject, 0, &id, &size))
            snprintf(carry->slip, sizeof carry->slip, "%.*s", (int)size, id);
    }
    const char *slip = carry->options.slip;
    if (slip == NULL)
        return true;
    bool none = strcmp(slip, "none") == 0;
    if (!none && !option_mutant(&subject, slip))
        return false;
    snprintf(carry->slip, sizeof carry->slip, "%s", none ? "" : slip);
    return true;
}

// out/carry/NAME unless told; NAME is the last part of the finding's name.
static void name_folder(struct carry *carry) {
    if (carry->options.out != NULL) {
        snprintf(carry->folder, sizeof carry->folder, "%s", carry->options.out);
        return;
    }
    char name[256];
    snprintf(name, sizeof name, "%s", carry->options.finding);
    size_t size = strlen(name);
    while (size > 1 && name[size - 1] == '/')
        name[--size] = '\0';
    if (ends_in(name, ".txt"))
        name[size - 4] = '\0';
    const char *slash = strrchr(name, '/');
    snprintf(carry->folder, sizeof carry->folder, "out/carry/%s", slash == NULL ? name : slash + 1);
}

// ---- the folder ---------------------------------------------------------------------------------

static void readme(const struct carry *carry, uint32_t procs, bool checks, struct strbuf *out) {
    bool slip = carry->slip[0] != '\0';
    strbuf_printf(out, "# A goroutine profiling finding on %s\n\nSlip: %s.\n\nIn this folder:\n\n",
                  carry->go.version, slip ? carry->slip : "none, the runtime is as it is");
    for (int on = slip ? 1 : 0; on >= 0; on--) {
        strbuf_printf(out,
                      "    GOTOOLCHAIN=local GOFLAGS=-mod=mod GOPROXY=off GPROOF_GATES=on "
                      "GPROOF_CHECKS=%s GPROOF_ROUNDS=%" PRIu64 " \\\n"
                      "        %s/bin/go test -vet=off -count=1 -cpu %" PRIu32
                      " -overlay %s/overlay.json .\n\n",
                      checks ? "on" : "off", carry->options.rounds, carry->go.root, procs,
                      on ? "slip" : "fix");
    }
    strbuf_puts(
        out,
        "- `slip/` is the runtime with the slip, `fix/` without; both have gates and checks, "
        "which\n"
        "  the two variables turn on. A gate is a wait for a bounded time. On a Go tree elsewhere\n"
        "  than at the path above, the left sides of `overlay.json` have to be changed.\n"
        "- `plan_test.go` is the plan. Between rounds the collector runs, so that finalizers and\n"
        "  cleanups of what a round has dropped are called in the next round.\n"
        "- Approximated: system calls are nanosleep; `block` is a long system call to Go, which\n"
        "  hands its P off when sysmon sees it; a profile with a given capacity carries no "
        "labels,\n"
        "  and has slots for the test's own goroutines besides;\n"
        "  a coroutine switches to whoever resumed it.\n");
}

static bool write_folder(const struct carry *carry) {
    const struct workload_plan *plan = &carry->workload.plan;
    return carry_folder_write(carry->folder, carry->go.minor, "gates_test.go",
                              (struct carry_parts){.cleanups = carry_has(plan, OP_cleanup),
                                                   .coroutines = carry_has(plan, OP_coro),
                                                   .threads = carry_has_threads(plan)}) &&
           carry_folder_plan(carry->folder, &carry->workload, 0, carry->gates);
}

// Both runtimes and both tests.
static bool build(struct carry *carry) {
    char helper[CARRY_GO_PATH + 64];
    const char *cache = strchr(carry->go.variables[1], '='); // GOCACHE: absolute
    snprintf(helper, sizeof helper, "%s/../carry-helper", cache + 1);
    if (!carry_go_helper(&carry->go, helper))
        return false;
    if (carry->options.stock) {
        fprintf(stderr, "gproof carry: building the test with %s as it is\n", carry->go.version);
        return carry_go_test(&carry->go, carry->folder, "stock", false);
    }
    for (int slip = carry->slip[0] == '\0' ? 0 : 1; slip >= 0; slip--) {
        const char *name = slip ? "slip" : "fix";
        bool needed = slip || carry->options.runs[2] + carry->options.runs[3] != 0;
        struct strbuf said = {0};
        fprintf(stderr, "gproof carry: building %s with %s\n", name, carry->go.version);
        bool good = carry_go_overlay(&carry->go, helper, carry->folder, name,
                                     slip ? carry->slip : "none", NULL, &said) &&
                    (!needed || carry_go_test(&carry->go, carry->folder, name, true));
        if (good && !slip && said.size > 0)
            strbuf_add(&carry->left_out, said.text, said.size);
        strbuf_fini(&said);
        if (!good)
            return false;
    }
    return true;
}

// ---- the table ----------------------------------------------------------------------------------

// Since the fix of #74090 system goroutines are part of the state machine, as the checks demand.
enum { CHECKS_SINCE = 25 };

// Checks are for what Go does not notice: without them it crashes nearly always, or they are
// needed.
static bool choose_checks(const struct carry *carry, struct carry_trial *trial) {
    struct carry_row pilot = {.slip = true, .gates = true, .runs = PILOTS};
    trial->checks = carry->options.checks != CARRY_CHECKS_OFF && carry->go.minor >= CHECKS_SINCE;
    if (carry->go.minor < CHECKS_SINCE)
        return true;
    if (carry->options.checks != CARRY_CHECKS_AUTO || carry->slip[0] == '\0' ||
        carry->options.stock)
        return true;
    trial->checks = false;
    if (!carry_measure(trial, &pilot))
        return false;
    trial->checks = pilot.fired + 1 < pilot.runs;
    return true;
}

static bool measure(const struct carry *carry, struct carry_trial *trial,
                    struct carry_report *report) {
    if (!choose_checks(carry, trial))
        return false;
    bool stock = carry->options.stock;
    for (int i = stock ? 3 : carry->slip[0] == '\0' ? 2 : 0; i < CARRY_ROWS; i++) {
        if (carry->options.runs[i] == 0)
            continue;
        struct carry_row *row = &report->rows[report->count++];
        row->slip = i < 2;
        row->gates = i % 2 == 0;
        row->stock = stock;
        row->runs = carry->options.runs[i];
        if (!carry_measure(trial, row))
            return false;
        fprintf(stderr, "gproof carry: slip %s, gates %s: %" PRIu64 " of %" PRIu64 "\n",
                row->slip ? "yes" : "no", row->gates ? "on" : "off", row->fired, row->runs);
    }
    return true;
}

// A slip that never showed, or no profile at all, is blindness.
static int verdict(const struct carry_report *report) {
    bool slipped = false;
    uint64_t profiles = 0;
    for (uint32_t i = 0; i < report->count; i++) {
        if (report->rows[i].fired + report->rows[i].hung != 0)
            return VERB_VIOLATION;
        slipped |= report->rows[i].slip;
        profiles += report->rows[i].hits[CARRY_PROFILES];
    }
    return slipped || profiles == 0 ? VERB_BLIND : VERB_NOTHING_FOUND;
}

static int carry_through(struct carry *carry) {
    double start = now();
    uint32_t procs = carry_procs(&carry->workload);
    if (!write_folder(carry) || !build(carry))
        return VERB_ENVIRONMENT;
    struct carry_trial trial = {.environment = carry->go.environment,
                                .folder = carry->folder,
                                .procs = procs,
                                .rounds = carry->options.rounds,
                                .seed = carry->options.seed,
                                .limit = carry->options.limit};
    static struct carry_report report;
    if (!measure(carry, &trial, &report))
        return VERB_ENVIRONMENT;
    report.finding = carry->options.finding;
    report.mutant = carry->slip[0] == '\0' ? NULL : carry->slip;
    report.go = carry->go.version;
    report.folder = carry->folder;
    report.left_out = carry->left_out.text == NULL ? "" : carry->left_out.text;
    report.checks = trial.checks;
    report.seconds = now() - start;
    struct strbuf out = {0}, table = {0};
    readme(carry, procs, trial.checks, &out);
    bool good = carry_folder_put(carry->folder, "README.md", &out);
    strbuf_clear(&out);
    carry_report_json(&report, &table);
    good = good && carry_folder_put(carry->folder, "table.json", &table);
    if (carry->options.json)
        strbuf_add(&out, table.text, table.size);
    else
        carry_report_text(&report, &out);
    good = good && fwrite(out.text, 1, out.size, stdout) == out.size && fflush(stdout) == 0;
    strbuf_fini(&out);
    strbuf_fini(&table);
    return good ? verdict(&report) : VERB_ENVIRONMENT;
}

int main(int argc, char **argv) {
    static struct carry carry;
    switch (carry_options_parse(&carry.options, argc, argv)) {
    case CARRY_OPTIONS_HELP:
        return VERB_NOTHING_FOUND;
    case CARRY_OPTIONS_WRONG:
        return VERB_USAGE;
    case CARRY_OPTIONS_RUN:
        break;
    }
    if (!load_finding(&carry))
        return VERB_USAGE;
    fprintf(stderr, "gproof carry: seed %" PRIu64 "\n", carry.options.seed);
    const char *op = carry_refused(&carry.workload.plan, carry.options.stock);
    if (op != NULL) {
        fprintf(stderr, "gproof carry: op '%s' is not carried; expected a plan without it\n", op);
        return VERB_USAGE;
    }
    if (!carry_go_find(&carry.go, carry.options.go, carry.options.cache))
        return VERB_ENVIRONMENT;
    uint32_t needed = carry_needs(&carry.workload.plan, &op);
    if (needed > carry.go.minor) {
        fprintf(stderr,
                "gproof carry: op '%s' has a counterpart from go1.%" PRIu32 " on; this is %s\n", op,
                needed, carry.go.version);
        return VERB_ENVIRONMENT;
    }
    if (carry.options.checks == CARRY_CHECKS_ON && carry.go.minor < CHECKS_SINCE) {
        fprintf(stderr,
                "gproof carry: --checks on: before go1.%d system goroutines stay out of what the "
                "checks hold; this is %s\n",
                CHECKS_SINCE, carry.go.version);
        return VERB_ENVIRONMENT;
    }
    if (carry_has_threads(&carry.workload.plan) && !carry_go_with_c(&carry.go))
        return VERB_ENVIRONMENT;
    name_folder(&carry);
    carry.gates = carry_gates(&carry.workload);
    int code = carry_through(&carry);
    strbuf_fini(&carry.left_out);
    return code;
}
