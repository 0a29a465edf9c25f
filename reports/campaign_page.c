#include "campaign_page.h"

#include "html.h"

#include <inttypes.h>
#include <string.h>

static const char style[] =
    "details{margin:.3rem 0 1rem}summary{cursor:pointer}tbody td{vertical-align:top}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;max-width:110ch}\n"
    "dt{font-weight:600}dd{margin:0}td.hit{background:#2a7d4633}td.miss{background:#b3261e33}\n"
    "td.never{opacity:.45}\n";

static void put_pair(struct strbuf *out, const char *name, const char *class, const char *text) {
    if (text == NULL || *text == '\0')
        return;
    strbuf_printf(out, "<dt>%s</dt><dd class=\"%s\">", name, class);
    html_text(out, text);
    strbuf_puts(out, "</dd>");
}

static bool is_decidable(const struct campaign_page *page, enum invariant invariant) {
    const char *worlds = invariant_info(invariant)->worlds;
    return strcmp(worlds, "both") == 0 || (page->world != NULL && strcmp(worlds, page->world) == 0);
}

static double per(double sum, double count) {
    return count > 0 ? sum / count : 0;
}

static void put_figures(struct strbuf *out, const struct campaign_page *page) {
    struct strbuf text = {0};
    double executions = (double)page->executions;
    strbuf_puts(out, "<dl>");
    put_pair(out, "ended", page->blind ? "bad" : "", page->end);
    put_pair(out, "because", page->blind ? "bad" : "", page->why);
    put_pair(out, "subject", "",
             page->subject == NULL || *page->subject == '\0' ? "the correct runtime"
                                                             : page->subject);
    strbuf_printf(
        &text,
        "%" PRIu64 " in %.1f s, %.0f a second; seed %" PRIu64 ", %" PRIu64 " workers, %s, %s world",
        page->executions, page->seconds, per(executions, page->seconds), page->seed, page->workers,
        page->engine != NULL ? page->engine : "?", page->world != NULL ? page->world : "?");
    put_pair(out, "executions", page->executions != 0 ? "" : "bad", text.text);
    strbuf_clear(&text);
    strbuf_printf(&text, "%.0f scheduling points, %.0f events",
                  per((double)page->points, executions), per((double)page->events, executions));
    put_pair(out, "each", "", text.text);
    strbuf_clear(&text);
    if (page->sampled != 0)
        strbuf_printf(&text, "about %.0f of %" PRIu64 " that were hashed", page->traces_distinct,
                      page->sampled);
    put_pair(out, "distinct traces", "", text.text);
    put_pair(out, "canaries", page->blind ? "bad" : "", page->canaries);
    strbuf_clear(&text);
    strbuf_printf(&text,
                  "%" PRIu64 " executions undecided within their budget, %" PRIu64
                  " workers started again, %" PRIu64 " inputs that fired once and never again",
                  page->inconclusive, page->restarts, page->unreproduced);
    put_pair(out, "besides", "", text.text);
    strbuf_puts(out, "</dl>\n");
    strbuf_fini(&text);
}

static void put_finding(struct strbuf *out, const struct campaign_page_finding *finding) {
    enum invariant invariant = invariant_parse(finding->invariant);
    strbuf_puts(out, "<h3>");
    html_printf(out, "%s %s%s", finding->invariant, finding->signature,
                finding->known ? " (known)" : "");
    strbuf_puts(out, "</h3>\n<dl>");
    if (invariant != INVARIANT_COUNT)
        put_pair(out, "promise", "", invariant_info(invariant)->sentence);
    put_pair(out, "seen", "", finding->reason);
    struct strbuf text = {0};
    strbuf_printf(&text,
                  "%" PRIu32 " ops, %" PRIu32 " preemptions; first seen after %" PRIu64
                  " executions, %.3f s",
                  finding->ops, finding->preemptions, finding->executions, finding->seconds);
    if (finding->hits != finding->replays)
        strbuf_printf(&text, "; fires in %" PRIu32 " of %" PRIu32 " runs", finding->hits,
                      finding->replays);
    put_pair(out, "size", "", text.text);
    strbuf_fini(&text);
    if (finding->replay != NULL) {
        strbuf_puts(out, "<dt>again</dt><dd><code>");
        html_text(out, finding->replay);
        strbuf_puts(out, "</code></dd>");
    }
    if (finding->page != NULL) {
        strbuf_puts(out, "<dt>page</dt><dd><a href=\"");
        html_text(out, finding->page);
        strbuf_puts(out, "\">timeline and table</a></dd>");
    }
    strbuf_puts(out, "</dl>\n");
    if (finding->story != NULL) {
        strbuf_puts(out, "<details><summary>story</summary><pre>");
        html_text(out, finding->story);
        strbuf_puts(out, "</pre></details>\n");
    }
}

static void put_findings(struct strbuf *out, const struct campaign_page *page) {
    strbuf_printf(out, "<h2>Findings: %" PRIu32 "</h2>\n", page->findings_count);
    for (uint32_t i = 0; i < page->findings_count; i++)
        put_finding(out, &page->findings[i]);
    if (page->findings_count == 0)
        strbuf_puts(out,
                    "<p>None. What that does not prove: interleavings of marked points only, as "
                    "far as the walks went; nothing of weak memory; and of the promises below "
                    "only those that were decided.</p>\n");
}

// ---- what was looked at -------------------------------------------------------------------------

static void put_promise(struct strbuf *out, const struct campaign_page *page,
                        enum invariant invariant) {
    const struct invariant_info *info = invariant_info(invariant);
    bool decidable = is_decidable(page, invariant);
    bool never = decidable && page->decided[invariant] == 0;
    strbuf_printf(out, "<tr><th%s>", never ? " class=\"bad\"" : "");
    html_text(out, info->id);
    strbuf_puts(out, "</th><td>");
    html_text(out, info->sentence);
    if (!decidable) {
        strbuf_puts(out, "</td><td colspan=\"3\" class=\"never\">not decidable in this world</td>"
                         "</tr>\n");
        return;
    }
    strbuf_printf(out,
                  "</td><td class=\"n\">%" PRIu64 "</td><td class=\"n%s\">%s%" PRIu64
                  "</td><td class=\"n\">",
                  page->evaluated[invariant], never ? " bad" : "", never ? "never: " : "",
                  page->decided[invariant]);
    if (page->evaluated[invariant] != 0)
        strbuf_printf(
            out, "%.1f %%",
            100 * per((double)page->decided[invariant], (double)page->evaluated[invariant]));
    strbuf_puts(out, "</td></tr>\n");
}

static void put_promises(struct strbuf *out, const struct campaign_page *page) {
    strbuf_puts(out, "<h2>Promises</h2>\n<p>Evaluated: its condition arose. Decided: the trace "
                     "could tell. A promise that was never decided was not checked.</p>\n"
                     "<div class=\"scroll\"><table>\n<thead><tr><th>promise</th><th></th>"
                     "<th class=\"n\">evaluated</th><th class=\"n\">decided</th>"
                     "<th class=\"n\">share</th></tr></thead>\n<tbody>\n");
    for (int i = 0; i < INVARIANT_COUNT; i++)
        if (i != INV_canary) // about the harness; only a planted fault evaluates it
            put_promise(out, page, (enum invariant)i);
    strbuf_puts(out, "</tbody>\n</table></div>\n");
}

static void put_cell(struct strbuf *out, uint32_t count, const char *infeasible) {
    if (count != 0) {
        strbuf_printf(out, "<td class=\"n hit\">%" PRIu32 "</td>", count);
    } else if (infeasible != NULL) {
        strbuf_puts(out, "<td class=\"never\" title=\"");
        html_text(out, infeasible);
        strbuf_puts(out, "\">cannot be</td>");
    } else {
        strbuf_puts(out, "<td class=\"miss\">not reached</td>");
    }
}

static void put_cells(struct strbuf *out, const struct campaign_page *page) {
    uint32_t feasible = 0, reached = 0;
    for (uint32_t i = 0; i < FLIP_CELLS; i++) {
        feasible += flip_cell_infeasible(i) == NULL;
        reached += flip_cell_infeasible(i) == NULL && page->cells[i] != 0;
    }
    strbuf_printf(
        out,
        "<h2>Flip cells: %" PRIu32 " of %" PRIu32 "</h2>\n<p>While a profile is active: "
        "who looked at a goroutine in which profile state, and its role at the first "
        "stop and when looked at.</p>\n<table>\n<thead><tr><th>seen by</th><th>state</th>",
        reached, feasible);
    for (int before = 0; before < TRACE_ROLE_COUNT; before++)
        for (int after = 0; after < TRACE_ROLE_COUNT; after++)
            strbuf_printf(out, "<th>%s, then %s</th>", trace_role_name((uint64_t)before),
                          trace_role_name((uint64_t)after));
    strbuf_puts(out, "</tr></thead>\n<tbody>\n");
    for (int observer = 0; observer < TRACE_OBSERVER_COUNT; observer++)
        for (int state = 0; state < TRACE_STATE_COUNT; state++) {
            strbuf_printf(out, "<tr><th>%s</th><td>%s</td>",
                          trace_observer_name((uint64_t)observer),
                          trace_state_name((uint64_t)state));
            for (int roles = 0; roles < TRACE_ROLE_COUNT * TRACE_ROLE_COUNT; roles++) {
                uint32_t index = flip_cell_index(
                    (struct flip_cell){.observer = (enum trace_observer)observer,
                                       .state = (enum trace_profile_state)state,
                                       .before = (enum trace_role)(roles / TRACE_ROLE_COUNT),
                                       .after = (enum trace_role)(roles % TRACE_ROLE_COUNT)});
                put_cell(out, page->cells[index], flip_cell_infeasible(index));
            }
            strbuf_puts(out, "</tr>\n");
        }
    strbuf_puts(out, "</tbody>\n</table>\n");
}

void campaign_page(struct strbuf *out, const struct campaign_page *page) {
    html_begin(out, "a campaign", style);
    put_figures(out, page);
    put_findings(out, page);
    put_promises(out, page);
    put_cells(out, page);
    html_end(out);
}
