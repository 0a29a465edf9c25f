#include "program.h"

#include "path.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 60, NOTE_COLUMN = 24, WORD_MAX = 32 };

struct noter {
    const struct workload *workload;
    bool told[OP_COUNT];
    uint32_t entry; // next of the schedule
    bool in_body;
};

// The meaning of the op that this word names, the first time it comes up.
static void note_op(struct noter *noter, const char *word, struct strbuf *note) {
    for (uint32_t kind = 0; kind < OP_COUNT; kind++) {
        const struct workload_op_info *info = workload_op_info((uint8_t)kind);
        if (strcmp(info->name, word) != 0 || noter->told[kind])
            continue;
        noter->told[kind] = true;
        strbuf_puts(note, info->meaning);
    }
}

static void note_entry(struct noter *noter, struct strbuf *note) {
    if (noter->entry >= noter->workload->schedule.entries)
        return;
    const struct workload_entry *entry = &noter->workload->schedule.entry[noter->entry++];
    char target[PATH_TEXT_SIZE];
    if (entry->is_choice)
        strbuf_puts(note, "a choice that is not the default");
    else if (entry->target != 0)
        strbuf_printf(note, "set aside there; the thread %s goes on",
                      path_format(entry->target, target));
    else
        strbuf_puts(note, "set aside there; the next thread goes on");
}

// What there is to say about a line; nothing is fine.
static void note_line(struct noter *noter, const char *line, size_t size, struct strbuf *note) {
    char word[WORD_MAX] = "";
    size_t begin = strspn(line, " ");
    size_t length = strcspn(line + begin, " \n");
    if (begin >= size || length >= sizeof word)
        return;
    memcpy(word, line + begin, length);
    if (begin == 0)
        noter->in_body = strcmp(word, "body") == 0;
    else if (noter->in_body)
        note_op(noter, word, note);
    else if (strcmp(word, "at") == 0)
        note_entry(noter, note);
}

void program_print(struct strbuf *out, const struct workload *workload, uint32_t width) {
    char *text = malloc(WORKLOAD_TEXT_MAX);
    if (text == NULL)
        return;
    workload_print(workload, NULL, text, WORKLOAD_TEXT_MAX);
    struct noter noter = {.workload = workload};
    struct strbuf note = {0};
    const char *line = text;
    for (int i = 0; *line != '\0' && i < LINES_MAX; i++) {
        size_t size = strcspn(line, "\n");
        strbuf_printf(out, "  %.*s", (int)size, line);
        strbuf_clear(&note);
        note_line(&noter, line, size, &note);
        size_t column = size + 2 < NOTE_COLUMN ? NOTE_COLUMN : size + 4;
        if (note.size != 0 && column + 2 + note.size <= width)
            strbuf_printf(out, "%*s# %s", (int)(column - size - 2), "", note.text);
        strbuf_puts(out, "\n");
        line += size + (line[size] == '\n');
    }
    if (*line != '\0')
        strbuf_puts(out, "  ...\n");
    strbuf_fini(&note);
    free(text);
}
