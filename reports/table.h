// The table of a story: one column a thread, one row a burst of what happens there, time goes down.
// It may leave rows out but never reorders them, and says how many it left out; rows that break a
// promise or hold a preemption are always shown. For story.c; thread-safe, since all state is the
// caller's.
#ifndef GPROOF_TABLE_H
#define GPROOF_TABLE_H

#include "rows.h"

struct table_style {
    uint32_t width; // columns of the terminal, at least 80
    bool colour;
    uint32_t goroutine; // concerned by the violation, 0 = none
    const char *broken; // what to say under the violating row
};

// Choose which rows are worth showing, and print them. rows' `shown` fields are overwritten.
void table_print(struct strbuf *out, struct story_rows *rows, const struct table_style *style);

// Append text in lines of at most width characters, broken at spaces; lines after the first begin
// with indent spaces. The first line goes on where column characters stand already. Ends with a
// newline.
void table_wrap(struct strbuf *out, const char *text, uint32_t column, uint32_t indent,
                uint32_t width);

#endif
