#include "table.h"

#include <string.h>

enum {
    THREADS_MAX = 64,
    GUTTER = 12, // mark and event number
    GAP = 2,     // between columns
    CELL_MIN = 26,
    CELL_MAX = 96,
    ALL_ROWS_MAX = 48, // a run this short is shown whole
    HEAD_ROWS = 6,     // key rows kept from the begin of a long one
    TAIL_ROWS = 40,    // and before the violation
    NEAR_ROWS = 8,     // rows before the violation that are shown whatever they are
    AFTER_ROWS = 2,    // rows behind it
    CELL_INDENT = 2,
    LINES_MAX = 12, // of a cell
};

// ---- which rows ---------------------------------------------------------------------------------

static uint32_t find_violating(const struct story_rows *rows) {
    for (uint32_t i = 0; i < rows->count; i++)
        if (rows->row[i].violating)
            return i;
    return rows->count == 0 ? 0 : rows->count - 1;
}

static bool is_key(const struct story_row *row, const struct table_style *style) {
    return row->solitary || (style->goroutine != 0 && row->goroutine == style->goroutine);
}

static void choose_rows(struct story_rows *rows, const struct table_style *style) {
    uint32_t at = find_violating(rows);
    for (uint32_t i = 0; i < rows->count; i++) {
        uint32_t distance = i < at ? at - i : i - at;
        bool whole = at < ALL_ROWS_MAX && i <= at;
        rows->row[i].shown = whole || (i <= at ? distance <= NEAR_ROWS : distance <= AFTER_ROWS);
    }
    if (rows->count == 0)
        return;
    rows->row[rows->count - 1].shown = true; // how the run ended
    if (at < ALL_ROWS_MAX)
        return;
    for (uint32_t i = 0, shown = 0; i < at && shown < HEAD_ROWS; i++)
        if (is_key(&rows->row[i], style)) {
            rows->row[i].shown = true;
            shown++;
        }
    for (uint32_t i = at, shown = 0; i-- > 0 && shown < TAIL_ROWS;)
        if (is_key(&rows->row[i], style)) {
            rows->row[i].shown = true;
            shown++;
        }
}

// ---- layout -------------------------------------------------------------------------------------

struct layout {
    const struct table_style *style;
    uint32_t columns, cell;       // cell: characters a column, without the gap
    uint32_t thread[THREADS_MAX]; // of a column
    uint32_t column[THREADS_MAX]; // of a thread, THREADS_MAX = none
};

static void lay_out(struct layout *layout, const struct story_rows *rows,
                    const struct table_style *style) {
    uint64_t used = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct story_row *row = &rows->row[i];
        if (!row->shown)
            continue;
        if (row->thread < THREADS_MAX)
            used |= (uint64_t)1 << row->thread;
        if (row->preemption != 0 && row->to_thread < THREADS_MAX)
            used |= (uint64_t)1 << row->to_thread;
    }
    *layout = (struct layout){.style = style};
    for (uint32_t i = 0; i < THREADS_MAX; i++) {
        layout->column[i] = THREADS_MAX;
        if (used >> i & 1) {
            layout->column[i] = layout->columns;
            layout->thread[layout->columns++] = i;
        }
    }
    uint32_t columns = layout->columns != 0 ? layout->columns : 1;
    uint32_t room = style->width > GUTTER ? style->width - GUTTER : 0;
    layout->cell = room / columns > GAP ? room / columns - GAP : 0;
    if (layout->cell < CELL_MIN)
        layout->cell = CELL_MIN;
    if (layout->cell > CELL_MAX)
        layout->cell = CELL_MAX;
}

// Length of the piece of text that fits into width, cut at a space or behind an arrow if it can be.
static size_t fitting(const char *text, size_t width) {
    size_t size = strlen(text);
    if (size <= width)
        return size;
    for (size_t cut = width; cut > 1; cut--)
        if (text[cut] == ' ' || (text[cut - 2] == '-' && text[cut - 1] == '>'))
            return cut;
    return width;
}

void table_wrap(struct strbuf *out, const char *text, uint32_t column, uint32_t indent,
                uint32_t width) {
    for (;;) {
        size_t room = width > column + 10 ? width - column : 10;
        size_t size = fitting(text, room);
        strbuf_add(out, text, size);
        strbuf_puts(out, "\n");
        text += size;
        while (*text == ' ')
            text++;
        if (*text == '\0')
            return;
        strbuf_printf(out, "%*s", (int)indent, "");
        column = indent;
    }
}

// A cell as lines of text; all but the first are indented.
struct cell {
    struct strbuf text;
    const char *line[LINES_MAX];
    int size[LINES_MAX];
    int count;
};

static void cell_wrap(struct cell *cell, const char *text, uint32_t width) {
    while (*text != '\0' && cell->count < LINES_MAX) {
        size_t size = fitting(text, width - (uint32_t)(cell->count > 0 ? CELL_INDENT : 0));
        cell->line[cell->count] = text;
        cell->size[cell->count++] = (int)size;
        text += size;
        while (*text == ' ')
            text++;
    }
}

// Tag and action on one line if they fit, else the action under the tag.
static void make_cell(struct cell *cell, const struct story_rows *rows, const struct story_row *row,
                      uint32_t width) {
    const char *tag = rows->text.text + row->tag, *action = rows->text.text + row->action;
    bool both = *tag != '\0' && *action != '\0';
    if (both && strlen(tag) + strlen(action) + 3 <= width) {
        strbuf_printf(&cell->text, "%s - %s", tag, action);
        cell_wrap(cell, cell->text.text, width);
    } else {
        cell_wrap(cell, tag, width);
        cell_wrap(cell, action, width);
    }
}

static void paint(struct strbuf *out, const struct table_style *style, const char *code) {
    if (style->colour)
        strbuf_puts(out, code);
}

static void trim(struct strbuf *out) {
    while (out->size > 0 && out->text[out->size - 1] == ' ')
        out->text[--out->size] = '\0';
}

// ---- printing -----------------------------------------------------------------------------------

static void print_header(struct strbuf *out, const struct layout *layout) {
    paint(out, layout->style, "\033[1m");
    strbuf_printf(out, "%*s", GUTTER, "event   ");
    for (uint32_t c = 0; c < layout->columns; c++)
        strbuf_printf(out, "M%-*u", (int)(layout->cell + GAP - 1), layout->thread[c]);
    trim(out);
    paint(out, layout->style, "\033[0m");
    strbuf_printf(out, "\n%*s", GUTTER, "-----   ");
    for (uint32_t c = 0; c < layout->columns; c++) {
        for (uint32_t i = 0; i < layout->cell; i++)
            strbuf_puts(out, "-");
        strbuf_puts(out, "  ");
    }
    trim(out);
    strbuf_puts(out, "\n");
}

// The mark in the gutter.
static void print_gutter(struct strbuf *out, const struct story_row *row, bool first) {
    char mark[16] = "";
    if (!first) {
        strbuf_printf(out, "%*s", GUTTER, "");
        return;
    }
    if (row->violating)
        memcpy(mark, "XXX", 4);
    else if (row->preemption != 0)
        memcpy(mark, ">>>", 4);
    strbuf_printf(out, "%-3s %5u   ", mark, row->event);
}

static void print_row(struct strbuf *out, const struct layout *layout,
                      const struct story_rows *rows, const struct story_row *row) {
    struct cell cell = {0};
    make_cell(&cell, rows, row, layout->cell);
    const char *code = row->violating ? "\033[1;31m" : row->preemption != 0 ? "\033[33m" : NULL;
    int lines = cell.count > 0 ? cell.count : 1;
    for (int i = 0; i < lines; i++) {
        if (code != NULL)
            paint(out, layout->style, code);
        print_gutter(out, row, i == 0);
        for (uint32_t c = 0; c < layout->columns; c++) {
            uint32_t thread = layout->thread[c];
            int size = 0;
            if (thread == row->thread && i < cell.count) {
                int indent = i > 0 ? CELL_INDENT : 0;
                strbuf_printf(out, "%*s", indent, "");
                strbuf_add(out, cell.line[i], (size_t)cell.size[i]);
                size = indent + cell.size[i];
            } else if (row->preemption != 0 && thread == row->to_thread && i == 0) {
                strbuf_puts(out, "<<< goes on");
                size = (int)strlen("<<< goes on");
            } else if (thread != row->thread && (row->busy >> thread & 1)) {
                strbuf_puts(out, "|");
                size = 1;
            }
            strbuf_printf(out, "%*s", (int)layout->cell + GAP - size, "");
        }
        trim(out);
        if (code != NULL)
            paint(out, layout->style, "\033[0m");
        strbuf_puts(out, "\n");
    }
    strbuf_fini(&cell.text);
}

void table_print(struct strbuf *out, struct story_rows *rows, const struct table_style *style) {
    struct layout layout;
    choose_rows(rows, style);
    lay_out(&layout, rows, style);
    print_header(out, &layout);
    uint32_t hidden = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct story_row *row = &rows->row[i];
        if (!row->shown) {
            hidden++;
            continue;
        }
        if (hidden != 0)
            strbuf_printf(out, "%*s(%u row%s not shown)\n", GUTTER, "", hidden,
                          hidden == 1 ? "" : "s");
        hidden = 0;
        print_row(out, &layout, rows, row);
        if (row->violating && style->broken != NULL) {
            paint(out, style, "\033[1;31m");
            strbuf_printf(out, "%*s", GUTTER, "^^^ ");
            table_wrap(out, style->broken, GUTTER, GUTTER, style->width);
            paint(out, style, "\033[0m");
        }
    }
}
