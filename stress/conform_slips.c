#include "conform_slips.h"

#include "mutants.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

// The order is that of the protocol: check-ins, newcomers, sweep, counts, recorders, stops, labels.
static const struct conform_slip slips[] = {
    {"issue-74090", "issue-74090", NULL},
    {"no-checkin-coro", "no-checkin-coro", NULL},
    {"no-checkin-syscall", "no-checkin-syscall", NULL},
    {"no-checkin-execute", "no-checkin-execute", NULL},
    {"newcomer-not-satisfied", "newcomer-not-satisfied", NULL},
    {"sweep-missing", "sweep-missing", NULL},
    {"sweep-early", "sweep-early", NULL},
    {"caller-labels-lost", "caller-labels-lost", NULL},
    {"flip-preemptible", "flip-preemptible", NULL},
    {"finalizer-not-counted", "finalizer-not-counted", NULL},
    {"no-sema", "no-sema", NULL},
    {"recorder-preemptible", "recorder-preemptible", NULL},
    {"satisfied-before-record", "satisfied-before-record", NULL},
    {"store-for-cas", "store-for-cas", NULL},
    {"second-stop-missing", "second-stop-missing", NULL},
    {"dead-recorded", "dead-recorded", NULL},
    {"in-progress-is-done", "in-progress-is-done", NULL},
    {"self-not-satisfied", "self-not-satisfied", NULL},
    {"system-recorded", "system-recorded", NULL},
    {"stale-cleanup-flag", "stale-cleanup-flag", NULL},
    {"tail-not-zeroed", "tail-not-zeroed", NULL},
    {"active-before-p", "active-before-p", NULL},
    {"syscall-runs-early", "syscall-runs-early", NULL},
    {"labels-survive-death", "labels-survive-death", NULL},
    {"system-inherits-labels", "system-inherits-labels", NULL},
    {"services-recorded", "system-recorded", NULL},
};
enum { SLIPS = sizeof slips / sizeof slips[0] };
_Static_assert(SLIPS <= CONFORM_SLIPS_MAX, "results are an array");

const struct conform_slip *conform_slip_at(uint32_t index) {
    return index < SLIPS ? &slips[index] : NULL;
}

invariant_set conform_slip_broken(const struct conform_sum *sum) {
    invariant_set broken = 0;
    for (uint32_t i = 0; i < sum->count; i++) {
        if (sum->violations[i].known == NULL)
            broken |= INVARIANT_BIT(sum->violations[i].first.invariant);
    }
    return broken;
}

static enum invariant expected(uint32_t index) {
    return invariant_parse(mutant_info(mutant_parse(slips[index].mutant))->invariant);
}

invariant_set conform_slip_common(uint32_t index, const struct conform_slip_result *result) {
    return result->broken & (result->ours | INVARIANT_BIT(expected(index)));
}

bool conform_slip_agrees(uint32_t index, const struct conform_slip_result *result) {
    const struct conform_carried *carried = &result->carried;
    bool shows = carried->runs != 0 && 2 * carried->fired >= carried->runs;
    return result->built && (conform_slip_common(index, result) != 0 || shows);
}

static void print_broken(invariant_set broken, struct strbuf *out) {
    const char *before = "";
    if (broken == 0)
        strbuf_puts(out, "nothing");
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        if ((broken >> i & 1) == 0)
            continue;
        strbuf_printf(out, "%s`%s`", before, invariant_info((enum invariant)i)->id);
        before = ", ";
    }
}

static void print_end(uint32_t index, const struct conform_slip_result *result,
                      struct strbuf *out) {
    const char *explain = slips[index].explain;
    if (conform_slip_common(index, result) != 0) {
        strbuf_puts(out, "agree: ");
        print_broken(conform_slip_common(index, result), out);
    } else if (conform_slip_agrees(index, result))
        strbuf_puts(out, "agree, with gates");
    else
        strbuf_puts(out, explain == NULL ? "no explanation" : explain);
}

// A check of ours names the promise, Go's own what it has found.
static void print_carried(const struct conform_carried *carried, struct strbuf *out) {
    static const char mark[] = "gproof: ";
    strbuf_printf(out, "%" PRIu64 " of %" PRIu64, carried->fired, carried->runs);
    if (strncmp(carried->way, mark, sizeof mark - 1) == 0) {
        const char *name = carried->way + sizeof mark - 1;
        strbuf_printf(out, ": `%.*s`", (int)strcspn(name, ":"), name);
    } else if (carried->way[0] != '\0')
        strbuf_printf(out, ": %s", carried->way);
}

void conform_slips_text(const struct conform_slip_result *results, struct strbuf *out) {
    uint32_t agree = 0, seen = 0;
    for (uint32_t i = 0; i < SLIPS; i++) {
        agree += conform_slip_agrees(i, &results[i]);
        seen += results[i].broken != 0;
    }
    strbuf_printf(out,
                  "\n## Slips\n\n%d slips, seeded in both runtimes: what the regression of the "
                  "mutant breaks in ours, and what the same oracle sees broken in Go, without "
                  "gates, by this plan and generated ones. It sees %" PRIu32
                  " of them in Go; on %" PRIu32 " the two runtimes agree.\n\n"
                  "| slip | ours breaks | Go breaks | profiles | carried | |\n"
                  "| --- | --- | --- | --- | --- | --- |\n",
                  SLIPS, seen, agree);
    for (uint32_t i = 0; i < SLIPS; i++) {
        strbuf_printf(out, "| `%s` | ", slips[i].slip);
        print_broken(results[i].ours, out);
        strbuf_puts(out, " | ");
        if (results[i].built)
            print_broken(results[i].broken, out);
        else
            strbuf_puts(out, "this Go has no place for it");
        strbuf_printf(out, " | %" PRIu64 " | ", results[i].profiles);
        if (results[i].carried.runs != 0)
            print_carried(&results[i].carried, out);
        strbuf_puts(out, " | ");
        print_end(i, &results[i], out);
        strbuf_puts(out, " |\n");
    }
}
