// A run as a page for somebody who was not there: what broke, how it came about, the timeline, all
// that happened as a table, the program, what profiles gave.
#include "report.h"

#include "html.h"
#include "program.h"
#include "rows.h"
#include "timeline_svg.h"
#include "why.h"

#include <inttypes.h>
#include <string.h>

enum {
    PROGRAM_WIDTH = 110,
    ROWS_SHOWN = 3000,
    ROWS_BEHIND = 300,
    THREADS_SHOWN = 64, // columns of the table
};

static const char style[] =
    "td.a{max-width:46ch;vertical-align:top}td.e{vertical-align:top}\n"
    "tr:target td,tr:target th{background:var(--line)}\n"
    "tr.p td{background:#d9480f22}tr.x td{background:#b3261e33}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;max-width:110ch}\n"
    "dt{font-weight:600}dd{margin:0}ol li{max-width:100ch}\n";

static const struct violation *violation_of(const struct report_run *run) {
    return run->verdict->kind == VERDICT_VIOLATION ? &run->verdict->violations[0] : NULL;
}

static void put_event_link(struct strbuf *out, uint32_t event) {
    strbuf_printf(out, " <a href=\"#e%" PRIu32 "\">event %" PRIu32 "</a>", event, event);
}

static void put_seen(struct strbuf *out, const struct report_run *run,
                     const struct violation *violation) {
    struct strbuf reason = {0};
    why_reason(&reason, run->trace, run->workload, violation);
    html_text(out, reason.text);
    put_event_link(out, violation->event);
    strbuf_fini(&reason);
}

static void put_head(struct strbuf *out, const struct report_run *run) {
    const struct violation *violation = violation_of(run);
    strbuf_puts(out, "<dl>");
    if (violation != NULL) {
        const struct invariant_info *info = invariant_info(violation->invariant);
        strbuf_puts(out, "<dt class=\"bad\">promise</dt><dd>");
        html_printf(out, "%s (%s)", info->sentence, info->source);
        strbuf_puts(out, "</dd><dt>seen</dt><dd>");
        put_seen(out, run, violation);
        strbuf_puts(out, "</dd>");
    }
    for (uint32_t i = 1; i < run->verdict->count; i++) {
        strbuf_puts(out, "<dt>also</dt><dd>");
        html_printf(out, "%s: ", invariant_info(run->verdict->violations[i].invariant)->id);
        put_seen(out, run, &run->verdict->violations[i]);
        strbuf_puts(out, "</dd>");
    }
    strbuf_puts(out, "<dt>run</dt><dd>");
    html_printf(out, "%s world, %" PRIu32 " events, ended: %s, trace hash %016" PRIx64, run->world,
                run->trace->count, run_end_name(run->verdict->end), run->hash);
    strbuf_puts(out, "</dd>");
    if (run->replay != NULL) {
        strbuf_puts(out, "<dt>again</dt><dd><code>");
        html_text(out, run->replay);
        strbuf_puts(out, "</code></dd>");
    }
    strbuf_puts(out, "</dl>\n");
}

static void put_facts(struct strbuf *out, const struct report_run *run,
                      const struct violation *violation) {
    struct why why;
    why_collect(&why, run->trace, run->workload, violation);
    strbuf_puts(out, "<h2>How it came about</h2>\n<ol>\n");
    for (uint32_t i = 0; i < why.count; i++) {
        strbuf_puts(out, "<li>");
        html_text(out, why.facts[i].sentence.text);
        put_event_link(out, why.facts[i].event);
        strbuf_puts(out, "</li>\n");
    }
    strbuf_puts(out, "<li class=\"bad\">");
    html_printf(out, "Here %s is broken.", invariant_info(violation->invariant)->id);
    put_event_link(out, violation->event);
    strbuf_puts(out, "</li>\n</ol>\n");
    why_fini(&why);
}

static void put_words(struct strbuf *out) {
    strbuf_puts(
        out,
        "<h2>The words</h2>\n<dl>"
        "<dt>G, M, P</dt><dd>a goroutine; a thread; the right to run user code, which a thread "
        "has to hold</dd>"
        "<dt>profile</dt><dd>the stacks of all user goroutines as they were at its first stop of "
        "the world. Behind that stop the profiler walks over them while the others go on: "
        "whoever is about to run is recorded first</dd>"
        "<dt>profile state</dt><dd>absent: not looked at yet; in progress: being recorded; "
        "satisfied: recorded, or need not be. Only who is satisfied may run while a profile is "
        "active</dd>"
        "<dt>system, user</dt><dd>a service goroutine (finalizers, cleanups) is a system "
        "goroutine while it waits for work, and a user goroutine while it runs a callback of the "
        "program. Profiles hold user goroutines</dd>"
        "<dt>preemption</dt><dd>a thread that could go on is set aside, and another goes on: "
        "what an operating system may do at any moment, here chosen by the schedule</dd></dl>\n");
}

// ---- the table ----------------------------------------------------------------------------------

static void put_row(struct strbuf *out, const struct story_rows *rows, const struct story_row *row,
                    uint32_t threads) {
    strbuf_printf(out, "<tr%s><td class=\"n e\">",
                  row->violating         ? " class=\"x\""
                  : row->preemption != 0 ? " class=\"p\""
                                         : "");
    for (uint32_t event = row->event; event <= row->event_last; event++)
        strbuf_printf(out, "<a id=\"e%" PRIu32 "\"></a>", event);
    strbuf_printf(out, "%" PRIu32 "</td>", row->event);
    for (uint32_t thread = 0; thread < threads; thread++) {
        strbuf_puts(out, "<td class=\"a\">");
        if (thread == row->thread) {
            const char *tag = rows->text.text + row->tag;
            html_text(out, tag);
            strbuf_puts(out, *tag != '\0' ? "<br>" : "");
            html_text(out, rows->text.text + row->action);
        } else if (row->preemption != 0 && thread == row->to_thread) {
            strbuf_puts(out, "goes on");
        } else if (row->busy >> thread & 1) {
            strbuf_puts(out, "|");
        }
        strbuf_puts(out, "</td>");
    }
    strbuf_puts(out, "</tr>\n");
}

static void put_table(struct strbuf *out, const struct report_run *run,
                      const struct violation *violation) {
    struct story_rows rows;
    uint32_t last = run->trace->count != 0 ? run->trace->count - 1 : 0;
    uint32_t at = violation == NULL         ? UINT32_MAX
                  : violation->event < last ? violation->event
                                            : last;
    rows_build(&rows, run->trace, run->workload, at);
    uint32_t threads = 0, broken = 0;
    for (uint32_t i = 0; i < rows.count; i++) {
        broken = rows.row[i].violating ? i : broken;
        threads = rows.row[i].thread >= threads ? rows.row[i].thread + 1 : threads;
        if (rows.row[i].preemption != 0 && rows.row[i].to_thread >= threads)
            threads = rows.row[i].to_thread + 1;
    }
    threads = threads < THREADS_SHOWN ? threads : THREADS_SHOWN;
    uint32_t to = rows.count, from = 0;
    if (rows.count > ROWS_SHOWN) {
        to = broken + ROWS_BEHIND < ROWS_SHOWN   ? ROWS_SHOWN
             : broken + ROWS_BEHIND < rows.count ? broken + ROWS_BEHIND
                                                 : rows.count;
        from = to - ROWS_SHOWN;
    }
    strbuf_puts(out, "<h2>What happened</h2>\n<p>A column a thread, time goes down. A cell says: "
                     "goroutine, its role, its profile state, and what happens to it.");
    if (from != 0 || to != rows.count)
        strbuf_printf(out, " Rows %" PRIu32 " to %" PRIu32 " of %" PRIu32 " are here.", from + 1,
                      to, rows.count);
    strbuf_puts(out, "</p>\n<div class=\"scroll\"><table>\n<thead><tr><th class=\"n\">event</th>");
    for (uint32_t thread = 0; thread < threads; thread++)
        strbuf_printf(out, "<th>M%" PRIu32 "</th>", thread);
    strbuf_puts(out, "</tr></thead>\n<tbody>\n");
    for (uint32_t i = from; i < to; i++)
        put_row(out, &rows, &rows.row[i], threads);
    strbuf_puts(out, "</tbody>\n</table></div>\n");
    rows_fini(&rows);
}

// ---- the rest -----------------------------------------------------------------------------------

static void put_pre(struct strbuf *out, const char *title, const char *text) {
    if (text == NULL || *text == '\0')
        return;
    strbuf_puts(out, "<h2>");
    html_text(out, title);
    strbuf_puts(out, "</h2>\n<pre>");
    html_text(out, text);
    strbuf_puts(out, "</pre>\n");
}

static void put_profiles(struct strbuf *out, const struct trace *trace,
                         const struct profile_program *program) {
    for (uint32_t i = 0; i < trace->count; i++) {
        struct profile profile;
        struct strbuf text = {0}, title = {0};
        if (!profile_came_back(&trace->events[i]) ||
            !profile_read(&profile, trace, trace->events[i].object))
            continue;
        strbuf_printf(&title, "Profile %" PRIu32 " as its caller got it", profile.number);
        if (profile.ok)
            profile_text(&text, &profile, program);
        else
            strbuf_printf(&text, "n = %" PRIu32 ", false: the buffer was too small\n", profile.n);
        put_pre(out, title.text, text.text);
        profile_fini(&profile);
        strbuf_fini(&text);
        strbuf_fini(&title);
    }
}

void report_page(struct strbuf *out, const struct report_run *run,
                 const struct profile_program *program) {
    const struct violation *violation = violation_of(run);
    struct strbuf title = {0}, text = {0};
    if (violation != NULL)
        strbuf_printf(&title, "%s is broken", invariant_info(violation->invariant)->id);
    else
        strbuf_puts(&title, run->verdict->kind == VERDICT_PASS
                                ? "A run that kept every promise it could test"
                                : "A run that is undecided");
    struct strbuf styles = {0};
    strbuf_puts(&styles, style);
    strbuf_puts(&styles, timeline_svg_style);
    html_begin(out, title.text, styles.text);
    put_head(out, run);
    if (violation != NULL)
        put_facts(out, run, violation);
    strbuf_puts(out, "<h2>Timeline</h2>\n");
    timeline_svg(out, run->trace, run->workload, violation);
    timeline_svg_legend(out);
    put_words(out);
    put_table(out, run, violation);
    if (run->workload != NULL)
        program_print(&text, run->workload, PROGRAM_WIDTH);
    put_pre(out, "The program and its schedule", text.text);
    put_profiles(out, run->trace, program);
    put_pre(out, "Who waits where", run->dump);
    html_end(out);
    strbuf_fini(&styles);
    strbuf_fini(&title);
    strbuf_fini(&text);
}
