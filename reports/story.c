// The story of a run for people. Order of importance, top down: what is broken, what was seen, how
// it came about, the program, the table, how to see it again.
#include "report.h"

#include "program.h"
#include "rows.h"
#include "table.h"
#include "why.h"

#include <string.h>

enum { WIDTH_MIN = 80, WIDTH_MAX = 200, LABEL = 10 };

static void paint(struct strbuf *out, bool colour, const char *code) {
    if (colour)
        strbuf_puts(out, code);
}

// "LABEL     text", wrapped under itself.
static void labelled(struct strbuf *out, const char *label, const char *text, uint32_t width,
                     bool colour, const char *code) {
    paint(out, colour, code);
    strbuf_printf(out, "%-*s", LABEL, label);
    paint(out, colour, "\033[0m");
    table_wrap(out, text, LABEL, LABEL, width);
}

static void headline_violation(struct strbuf *out, const struct report_run *run, uint32_t width,
                               bool colour) {
    const struct violation *violation = &run->verdict->violations[0];
    const struct invariant_info *info = invariant_info(violation->invariant);
    struct strbuf text = {0};
    strbuf_printf(&text, "%s: %s.", info->id, info->sentence);
    labelled(out, "BROKEN", text.text, width, colour, "\033[1;31m");
    strbuf_clear(&text);
    why_reason(&text, run->trace, run->workload, violation);
    labelled(out, "SEEN", text.text, width, colour, "\033[1m");
    for (uint32_t i = 1; i < run->verdict->count; i++) {
        const struct violation *other = &run->verdict->violations[i];
        strbuf_clear(&text);
        strbuf_printf(&text, "%s (event %u): ", invariant_info(other->invariant)->id, other->event);
        why_reason(&text, run->trace, run->workload, other);
        labelled(out, i == 1 ? "ALSO" : "", text.text, width, colour, "");
    }
    strbuf_fini(&text);
}

static void headline(struct strbuf *out, const struct report_run *run, uint32_t width,
                     bool colour) {
    struct strbuf text = {0};
    switch (run->verdict->kind) {
    case VERDICT_VIOLATION:
        headline_violation(out, run, width, colour);
        break;
    case VERDICT_PASS:
        labelled(out, "PASS", "every promise that this run could test was kept.", width, colour,
                 "\033[1;32m");
        break;
    case VERDICT_INCONCLUSIVE:
        labelled(out, "UNDECIDED",
                 run->trace->truncated ? "the trace is incomplete: its buffer was full."
                                       : "the run neither ended nor got stuck within its budget.",
                 width, colour, "\033[1m");
        break;
    }
    strbuf_printf(&text, "%s world, %u events, ended: %s, trace hash %016llx", run->world,
                  run->trace->count, run_end_name(run->verdict->end),
                  (unsigned long long)run->hash);
    labelled(out, "RUN", text.text, width, colour, "\033[1m");
    strbuf_fini(&text);
}

static void how(struct strbuf *out, const struct report_run *run, uint32_t width, bool colour) {
    struct why why;
    why_collect(&why, run->trace, run->workload, &run->verdict->violations[0]);
    paint(out, colour, "\033[1m");
    strbuf_puts(out, "\nHOW IT CAME ABOUT\n");
    paint(out, colour, "\033[0m");
    if (why.left_out != 0)
        strbuf_printf(out, "       (%u earlier facts left out)\n", why.left_out);
    for (uint32_t i = 0; i < why.count; i++) {
        strbuf_printf(out, "  %2u.  ", i + 1);
        strbuf_printf(&why.facts[i].sentence, " [event %u]", why.facts[i].event);
        table_wrap(out, why.facts[i].sentence.text, 7, 7, width);
    }
    strbuf_printf(out, "  %2u.  ", why.count + 1);
    struct strbuf last = {0};
    strbuf_printf(&last, "Here %s is broken. [event %u]",
                  invariant_info(run->verdict->violations[0].invariant)->id,
                  run->verdict->violations[0].event);
    table_wrap(out, last.text, 7, 7, width);
    strbuf_fini(&last);
    why_fini(&why);
}

static void program(struct strbuf *out, const struct report_run *run, uint32_t width, bool colour) {
    if (run->workload == NULL)
        return;
    paint(out, colour, "\033[1m");
    strbuf_puts(out, "\nTHE PROGRAM\n");
    paint(out, colour, "\033[0m");
    program_print(out, run->workload, width);
}

static void table(struct strbuf *out, const struct report_run *run, uint32_t width, bool colour) {
    bool broken = run->verdict->kind == VERDICT_VIOLATION;
    const struct violation *violation = &run->verdict->violations[0];
    struct strbuf text = {0};
    if (broken) {
        strbuf_printf(&text, "%s is broken: ", invariant_info(violation->invariant)->id);
        why_reason(&text, run->trace, run->workload, violation);
    }
    struct story_rows rows;
    uint32_t last = run->trace->count != 0 ? run->trace->count - 1 : 0;
    uint32_t at = violation->event < last ? violation->event : last;
    rows_build(&rows, run->trace, run->workload, broken ? at : UINT32_MAX);
    const struct table_style style = {.width = width,
                                      .colour = colour,
                                      .goroutine = broken ? violation->goroutine : 0,
                                      .broken = broken ? text.text : NULL};
    paint(out, colour, "\033[1m");
    strbuf_puts(out, "\nWHAT HAPPENED, one column a thread, time goes down\n");
    paint(out, colour, "\033[0m");
    table_print(out, &rows, &style);
    strbuf_puts(out, "\n");
    table_wrap(
        out,
        "A cell says: goroutine, its role (system or user), its profile state (absent, "
        "in-progress, satisfied) - what happens to it. '|' a goroutine is on that thread. "
        "'>>>' a preemption: the thread could go on and is set aside. 'XXX' here the promise "
        "is broken. Event numbers are those of `replay --trace`.",
        0, 0, width);
    rows_fini(&rows);
    strbuf_fini(&text);
}

void report_story(struct strbuf *out, const struct report_run *run, uint32_t width, bool colour) {
    if (width < WIDTH_MIN)
        width = WIDTH_MIN;
    if (width > WIDTH_MAX)
        width = WIDTH_MAX;
    headline(out, run, width, colour);
    if (run->verdict->kind == VERDICT_VIOLATION)
        how(out, run, width, colour);
    program(out, run, width, colour);
    table(out, run, width, colour);
    if (run->dump != NULL && *run->dump != '\0') {
        paint(out, colour, "\033[1m");
        strbuf_puts(out, "\nWHO WAITS WHERE\n");
        paint(out, colour, "\033[0m");
        strbuf_puts(out, run->dump);
        if (run->dump[strlen(run->dump) - 1] != '\n')
            strbuf_puts(out, "\n");
    }
    if (run->replay != NULL) {
        strbuf_puts(out, "\n");
        labelled(out, "REPLAY", run->replay, UINT16_MAX, colour, "\033[1m");
    }
}
