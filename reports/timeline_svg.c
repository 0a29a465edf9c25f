#include "timeline_svg.h"

#include "cast.h"
#include "html.h"
#include "rows.h"
#include "sites.h"
#include "timeline.h"

#include <inttypes.h>
#include <string.h>

enum {
    EVENTS_DRAWN = 1500, // more are cut: a browser has to hold each as an element
    EVENTS_BEHIND = 150, // of them, behind the violation
    LANES_DRAWN = 48,    // goroutines
    WIDTH_WANTED = 1150,
    STEP_MIN = 4,
    STEP_MAX = 24,
    NAMES_WIDTH = 170,
    AXIS = 18,
    WORLD = 40, // height of the lane of profiles and stops
    THREAD = 30,
    GOROUTINE = 26,
    LETTER = 7, // width that a label needs a character
};

const char timeline_svg_style[] =
    ".time{display:flex;overflow-x:auto;border:1px solid var(--line)}\n"
    ".time svg{flex:none;font:11px system-ui,sans-serif}.time text{fill:var(--ink)}\n"
    ".time svg:first-child{position:sticky;left:0;background:var(--back);"
    "border-right:1px solid var(--line)}\n"
    ".axis,.row{stroke:var(--line)}.event{fill:transparent}.event:hover{fill:var(--line)}\n"
    ".run text{fill:#fff;font-weight:600}.wait{opacity:.25}.wanted{fill:var(--soft)}\n"
    ".stopped{fill:var(--line)}.profile{fill:#4c78c8}.time .on{fill:#fff;font-weight:600}\n"
    ".state0{fill:#8888}.state1{fill:#e0a100}.state2{fill:#2e9e5b}\n"
    ".user{fill:#4c78c8}.system{fill:#8885}\n"
    ".preempt{stroke:#d9480f;fill:none;stroke-width:1.5}.mark{fill:#d9480f}\n"
    ".time .number{fill:#fff;font-weight:700}.broken{stroke:var(--bad);stroke-width:2}\n"
    ".time .told{fill:var(--bad);font-weight:700}\n"
    ".key{display:inline-block;width:1.6em;height:.75em;margin:0 .3em 0 1em}\n";

struct drawing {
    struct strbuf *out;
    const struct trace *trace;
    const struct violation *violation;
    struct timeline timeline;
    struct cast cast;    // all of the run has happened
    uint32_t from, to;   // events drawn
    uint32_t step;       // width of an event
    uint32_t goroutines; // lanes of them, from id 1
    uint32_t width, height;
};

static uint32_t x_of(const struct drawing *drawing, uint32_t event) {
    uint32_t at = event < drawing->from ? drawing->from : event;
    return ((at > drawing->to ? drawing->to : at) - drawing->from) * drawing->step;
}

static uint32_t y_of_thread(uint32_t thread) {
    return AXIS + WORLD + thread * THREAD;
}

static uint32_t y_of_goroutine(const struct drawing *drawing, uint32_t goroutine) {
    return y_of_thread(drawing->timeline.threads) + AXIS + (goroutine - 1) * GOROUTINE;
}

static void choose_part(struct drawing *drawing) {
    uint32_t count = drawing->trace->count;
    drawing->to = count;
    if (count > EVENTS_DRAWN) {
        uint32_t at = drawing->violation != NULL ? drawing->violation->event : 0;
        drawing->to = at + EVENTS_BEHIND < count ? at + EVENTS_BEHIND : count;
        if (drawing->to < EVENTS_DRAWN)
            drawing->to = EVENTS_DRAWN;
        drawing->from = drawing->to - EVENTS_DRAWN;
    }
    uint32_t drawn = drawing->to - drawing->from;
    drawing->step = drawn != 0 ? WIDTH_WANTED / drawn : STEP_MAX;
    if (drawing->step < STEP_MIN)
        drawing->step = STEP_MIN;
    if (drawing->step > STEP_MAX)
        drawing->step = STEP_MAX;
    drawing->goroutines = drawing->timeline.goroutines - 1;
    if (drawing->goroutines > LANES_DRAWN)
        drawing->goroutines = LANES_DRAWN;
    drawing->width = drawn * drawing->step + 1;
    drawing->height = y_of_goroutine(drawing, drawing->goroutines + 1) + 4;
}

// ---- names of the lanes -------------------------------------------------------------------------

static void put_name(const struct drawing *drawing, uint32_t y, const char *text) {
    strbuf_printf(drawing->out, "<text x=\"6\" y=\"%" PRIu32 "\">", y);
    html_text(drawing->out, text);
    strbuf_puts(drawing->out, "</text>\n");
}

static void put_names(const struct drawing *drawing) {
    struct strbuf name = {0};
    strbuf_printf(drawing->out, "<svg width=\"%d\" height=\"%" PRIu32 "\">\n", NAMES_WIDTH,
                  drawing->height);
    put_name(drawing, 13, "event");
    put_name(drawing, AXIS + 14, "profile active");
    put_name(drawing, AXIS + 33, "world");
    for (uint32_t i = 0; i < drawing->timeline.threads; i++) {
        strbuf_clear(&name);
        strbuf_printf(&name, "thread M%" PRIu32, i);
        put_name(drawing, y_of_thread(i) + 19, name.text);
    }
    for (uint32_t id = 1; id <= drawing->goroutines; id++) {
        strbuf_clear(&name);
        cast_name(&drawing->cast, id, &name);
        put_name(drawing, y_of_goroutine(drawing, id) + 14, name.text);
    }
    strbuf_puts(drawing->out, "</svg>\n");
    strbuf_fini(&name);
}

// ---- spans --------------------------------------------------------------------------------------

// A bar with a word on it where there is room.
static void put_bar(const struct drawing *drawing, const struct timeline_span *span, uint32_t y,
                    uint32_t height, const char *attributes, const char *word) {
    uint32_t x = x_of(drawing, span->from), end = x_of(drawing, span->to);
    if (end <= x)
        return;
    strbuf_printf(drawing->out,
                  "<rect x=\"%" PRIu32 "\" y=\"%" PRIu32 "\" width=\"%" PRIu32
                  "\" height=\"%" PRIu32 "\" %s/>\n",
                  x, y, end - x, height, attributes);
    if (word == NULL || (end - x) / LETTER < strlen(word))
        return;
    strbuf_printf(drawing->out, "<text class=\"on\" x=\"%" PRIu32 "\" y=\"%" PRIu32 "\">", x + 4,
                  y + height / 2 + 4);
    html_text(drawing->out, word);
    strbuf_puts(drawing->out, "</text>\n");
}

// Neighbours in number are far apart in colour.
static void put_colour(struct strbuf *out, uint32_t goroutine, const char *class) {
    strbuf_printf(out, "class=\"%s\" fill=\"hsl(%" PRIu32 " 55%% 42%%)\"", class,
                  goroutine * 137 % 360);
}

static void put_span(const struct drawing *drawing, const struct timeline_span *span) {
    struct strbuf attributes = {0}, word = {0};
    uint32_t y = span->lane != 0 ? y_of_goroutine(drawing, span->lane) : 0;
    bool drawn = span->lane != 0 && span->lane <= drawing->goroutines;
    switch (span->kind) {
    case TIMELINE_ON_THREAD:
        put_colour(&attributes, span->value, "run");
        cast_name(&drawing->cast, span->value, &word);
        put_bar(drawing, span, y_of_thread(span->lane) + 5, THREAD - 10, attributes.text,
                word.text);
        break;
    case TIMELINE_STATUS:
        put_colour(&attributes, span->lane, span->value == TRACE_GRUNNING ? "run" : "wait");
        if (drawn)
            put_bar(drawing, span, y + 3, 8, attributes.text, NULL);
        break;
    case TIMELINE_ROLE:
        if (drawn)
            put_bar(drawing, span, y + 12, 3,
                    span->value == TRACE_ROLE_USER ? "class=\"user\"" : "class=\"system\"", NULL);
        break;
    case TIMELINE_STATE:
        strbuf_printf(&attributes, "class=\"state%" PRIu32 "\"", span->value);
        if (drawn)
            put_bar(drawing, span, y + 16, 6, attributes.text, NULL);
        break;
    case TIMELINE_PROFILE:
        strbuf_printf(&word, "profile %" PRIu32 " active", span->value);
        put_bar(drawing, span, AXIS + 3, 16, "class=\"profile\"", word.text);
        break;
    case TIMELINE_WANTED:
        put_bar(drawing, span, AXIS + 20, drawing->height, "class=\"wanted\"", NULL);
        break;
    case TIMELINE_STOPPED:
        put_bar(drawing, span, AXIS + 20, drawing->height, "class=\"stopped\"", NULL);
        break;
    default:
        break;
    }
    strbuf_fini(&attributes);
    strbuf_fini(&word);
}

// Bands first: the lanes are drawn over them, and the words for the bands over everything.
static void put_spans(const struct drawing *drawing) {
    const struct timeline *timeline = &drawing->timeline;
    for (int band = 1; band >= 0; band--)
        for (uint32_t i = 0; i < timeline->spans_count; i++) {
            enum timeline_kind kind = timeline->spans[i].kind;
            if ((kind == TIMELINE_WANTED || kind == TIMELINE_STOPPED) == band)
                put_span(drawing, &timeline->spans[i]);
        }
    for (uint32_t i = 0; i < timeline->spans_count; i++) {
        const struct timeline_span *span = &timeline->spans[i];
        if (span->kind == TIMELINE_STOPPED && span->from >= drawing->from &&
            span->from < drawing->to)
            strbuf_printf(drawing->out, "<text x=\"%" PRIu32 "\" y=\"%d\">stopped: %s</text>\n",
                          x_of(drawing, span->from) + 2, AXIS + 33,
                          trace_stop_reason_name(span->value));
    }
}

// ---- marks --------------------------------------------------------------------------------------

static void put_axis(const struct drawing *drawing) {
    uint32_t every = 1;
    while (every * drawing->step < 40)
        every *= every % 3 == 0 || every == 1 ? 5 : 2; // 1, 5, 10, 20, ...
    for (uint32_t i = drawing->from; i < drawing->to; i++) {
        if (i % every != 0)
            continue;
        uint32_t x = x_of(drawing, i);
        strbuf_printf(drawing->out,
                      "<text x=\"%" PRIu32 "\" y=\"13\">%" PRIu32 "</text>"
                      "<line class=\"axis\" x1=\"%" PRIu32 "\" x2=\"%" PRIu32
                      "\" y1=\"%d\" y2=\"%" PRIu32 "\"/>\n",
                      x + 2, i, x, x, 0, drawing->height);
    }
    for (uint32_t i = 0; i <= drawing->timeline.threads; i++)
        strbuf_printf(drawing->out,
                      "<line class=\"row\" x1=\"0\" x2=\"%" PRIu32 "\" y1=\"%" PRIu32
                      "\" y2=\"%" PRIu32 "\"/>\n",
                      drawing->width, y_of_thread(i), y_of_thread(i));
}

// From the thread that is set aside to the one that goes on, with the number that the story gives.
static void put_preemption(const struct drawing *drawing, uint32_t index) {
    const struct timeline_preemption *preemption = &drawing->timeline.preemptions[index];
    if (preemption->event < drawing->from || preemption->event >= drawing->to)
        return;
    uint32_t x = x_of(drawing, preemption->event) + drawing->step / 2;
    uint32_t y = y_of_thread(preemption->thread) + THREAD / 2;
    uint32_t to = y_of_thread(preemption->to_thread) + THREAD / 2;
    strbuf_printf(drawing->out,
                  "<g><title>event %" PRIu32 ", preemption %" PRIu32 ": M%" PRIu32
                  " is set aside before: ",
                  preemption->event, index + 1, preemption->thread);
    html_text(drawing->out,
              preemption->site < SITE_COUNT ? site_meaning((enum site)preemption->site) : "?");
    strbuf_printf(drawing->out,
                  "; M%" PRIu32 " goes on</title><line class=\"preempt\" x1=\"%" PRIu32
                  "\" x2=\"%" PRIu32 "\" y1=\"%" PRIu32 "\" y2=\"%" PRIu32
                  "\"/><circle class=\"mark\" cx=\"%" PRIu32 "\" cy=\"%" PRIu32
                  "\" r=\"8\"/><text class=\"number\" text-anchor=\"middle\" x=\"%" PRIu32
                  "\" y=\"%" PRIu32 "\">%" PRIu32 "</text></g>\n",
                  preemption->to_thread, x, x, y, to, x, y, x, y + 4, index + 1);
}

// A field for the pointer over every event, in the lane of its thread.
static void put_events(const struct drawing *drawing, const struct workload *workload) {
    struct cast cast; // follows
    struct strbuf text = {0};
    cast_init(&cast, drawing->trace, workload);
    for (uint32_t i = 0; i < drawing->to; i++) {
        const struct trace_event *event = &drawing->trace->events[i];
        if (i >= drawing->from) {
            strbuf_clear(&text);
            strbuf_printf(&text, "event %" PRIu32 ", M%u", i, event->thread);
            if (event->goroutine != 0) {
                strbuf_puts(&text, ", ");
                cast_name(&cast, event->goroutine, &text);
            }
            strbuf_puts(&text, ": ");
            rows_phrase(&cast, event, true, &text);
            strbuf_printf(drawing->out,
                          "<rect class=\"event\" x=\"%" PRIu32 "\" y=\"%" PRIu32
                          "\" width=\"%" PRIu32 "\" height=\"%d\"><title>",
                          x_of(drawing, i), y_of_thread(event->thread), drawing->step, THREAD);
            html_text(drawing->out, text.text);
            strbuf_puts(drawing->out, "</title></rect>\n");
        }
        cast_apply(&cast, event);
    }
    cast_fini(&cast);
    strbuf_fini(&text);
}

static void put_violation(const struct drawing *drawing) {
    if (drawing->violation == NULL || drawing->violation->event > drawing->to)
        return;
    uint32_t x = x_of(drawing, drawing->violation->event);
    bool right = x + 30 * LETTER > drawing->width;
    strbuf_printf(drawing->out,
                  "<line class=\"broken\" x1=\"%" PRIu32 "\" x2=\"%" PRIu32
                  "\" y1=\"0\" y2=\"%" PRIu32 "\"/><text class=\"told\" x=\"%" PRIu32
                  "\" y=\"%" PRIu32 "\"%s>broken at event %" PRIu32 "</text>\n",
                  x, x, drawing->height, right ? x - 4 : x + 4,
                  y_of_thread(drawing->timeline.threads) + 13, right ? " text-anchor=\"end\"" : "",
                  drawing->violation->event);
}

void timeline_svg(struct strbuf *out, const struct trace *trace, const struct workload *workload,
                  const struct violation *violation) {
    struct drawing drawing = {.out = out, .trace = trace, .violation = violation};
    timeline_init(&drawing.timeline, trace);
    cast_init(&drawing.cast, trace, workload);
    choose_part(&drawing);
    if (drawing.to - drawing.from < trace->count)
        strbuf_printf(out, "<p>Events %" PRIu32 " to %" PRIu32 " of %" PRIu32 " are drawn.</p>\n",
                      drawing.from, drawing.to - 1, trace->count);
    strbuf_puts(out, "<div class=\"time\">");
    put_names(&drawing);
    strbuf_printf(out, "<svg width=\"%" PRIu32 "\" height=\"%" PRIu32 "\">\n", drawing.width,
                  drawing.height);
    put_axis(&drawing);
    put_spans(&drawing);
    put_events(&drawing, workload);
    for (uint32_t i = 0; i < drawing.timeline.preemptions_count; i++)
        put_preemption(&drawing, i);
    put_violation(&drawing);
    strbuf_puts(out, "</svg></div>\n");
    if (drawing.goroutines + 1 < drawing.timeline.goroutines)
        strbuf_printf(out, "<p>%" PRIu32 " goroutines more have no lane.</p>\n",
                      drawing.timeline.goroutines - 1 - drawing.goroutines);
    cast_fini(&drawing.cast);
    timeline_fini(&drawing.timeline);
}

void timeline_svg_legend(struct strbuf *out) {
    strbuf_puts(
        out,
        "<p>Time goes to the right, one step an event; point at one to read it. Lanes of threads: "
        "who is on the thread, in that goroutine's colour. Lanes of goroutines, from above: "
        "strong where it runs, pale where it waits or is runnable; its role: "
        "<span class=\"key user\" style=\"background:#4c78c8\"></span>user "
        "<span class=\"key\" style=\"background:#8885\"></span>system; its profile state: "
        "<span class=\"key\" style=\"background:#8888\"></span>absent "
        "<span class=\"key\" style=\"background:#e0a100\"></span>in progress "
        "<span class=\"key\" style=\"background:#2e9e5b\"></span>satisfied. Bands across all "
        "lanes: pale while a stop of the world is asked for, dark while the world is stopped. A "
        "numbered circle: a preemption, where a thread that could go on was set aside for the one "
        "at the other end of the line.</p>\n");
}
