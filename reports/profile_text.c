// debug=1: the records of a profile as aggregated text, in Go's layout.
#include "profile_impl.h"

#include "assert.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAB = 8 };

void profile_put_key(struct strbuf *out, const struct profile *profile,
                     const struct profile_program *program, const struct profile_record *record) {
    strbuf_puts(out, "@");
    for (uint32_t i = 0; i < record->depth; i++) {
        const struct profile_function *function = profile_function_at(profile, program, record, i);
        strbuf_printf(out, " 0x%" PRIx64, profile_return_address(function));
    }
    if (record->label != 0)
        strbuf_printf(out, "\n# labels: {\"" PROFILE_LABEL_KEY "\":\"%" PRIu32 "\"}",
                      record->label);
}

// The columns of the lines of one group, before the last: "#", address, function.
struct frame_line {
    char address[24];
    struct strbuf function; // empty where nobody knows it
};

static void put_tabs(struct strbuf *out, size_t text, size_t width) {
    for (size_t at = text; at < width; at = at / TAB * TAB + TAB)
        strbuf_puts(out, "\t");
}

// The smallest stop behind text of that size and one blank.
static size_t stop_behind(size_t size) {
    return (size + 1 + TAB - 1) / TAB * TAB;
}

// Width of a column among the lines around `at` that have it without a gap: a column ends where a
// line lacks it. column 0 = addresses that a function follows, 1 = functions.
static size_t width_of(const struct frame_line *lines, uint32_t count, uint32_t at, int column) {
    size_t width = 0;
    uint32_t from = at;
    while (from > 0 && lines[from - 1].function.size != 0)
        from--;
    for (uint32_t i = from; i < count && lines[i].function.size != 0; i++) {
        size_t size = column == 0 ? strlen(lines[i].address) : lines[i].function.size;
        width = stop_behind(size) > width ? stop_behind(size) : width;
    }
    return width;
}

static void put_frames(struct strbuf *out, const struct profile *profile,
                       const struct profile_program *program, const struct profile_record *record) {
    struct frame_line *lines = calloc(record->depth, sizeof *lines);
    ASSERT(lines != NULL);
    for (uint32_t i = 0; i < record->depth; i++) {
        const struct profile_function *function = profile_function_at(profile, program, record, i);
        uint64_t address = function != NULL ? function->address : 0;
        snprintf(lines[i].address, sizeof lines[i].address, "0x%" PRIx64, address);
        if (function != NULL)
            strbuf_printf(&lines[i].function, "%s+0x0", function->name);
    }
    for (uint32_t i = 0; i < record->depth; i++) {
        strbuf_printf(out, "#\t%s", lines[i].address);
        const struct profile_function *function = profile_function_at(profile, program, record, i);
        if (function != NULL) {
            put_tabs(out, strlen(lines[i].address), width_of(lines, record->depth, i, 0));
            strbuf_puts(out, lines[i].function.text);
            put_tabs(out, lines[i].function.size, width_of(lines, record->depth, i, 1));
            strbuf_printf(out, "%s:%" PRIu32, function->file != NULL ? function->file : "??",
                          function->line);
        }
        strbuf_puts(out, "\n");
    }
    for (uint32_t i = 0; i < record->depth; i++)
        strbuf_fini(&lines[i].function);
    free(lines);
}

void profile_text(struct strbuf *out, const struct profile *profile,
                  const struct profile_program *program) {
    struct profile_group *groups = calloc(profile->count + 1, sizeof *groups);
    ASSERT(groups != NULL);
    uint32_t count = profile_groups(profile, program, groups);
    strbuf_printf(out, "goroutine profile: total %" PRIu32 "\n", profile->count);
    for (uint32_t i = 0; i < count; i++) {
        const struct profile_record *record = &profile->records[groups[i].record];
        strbuf_printf(out, "%" PRIu32 " ", groups[i].count);
        profile_put_key(out, profile, program, record);
        strbuf_puts(out, "\n");
        if (record->depth == 0) // the one line of a stack without frames
            strbuf_puts(out, "#\t0x0\n");
        else
            put_frames(out, profile, program, record);
        strbuf_puts(out, "\n");
    }
    free(groups);
}
