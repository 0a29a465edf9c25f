#include "mutation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[OPERATOR_COUNT] = {
#define OPERATOR(name, title) #name,
#include "operators.def"
#undef OPERATOR
};
static const char *const titles[OPERATOR_COUNT] = {
#define OPERATOR(name, title) title,
#include "operators.def"
#undef OPERATOR
};

const char *operator_name(enum operator_kind kind) {
    return names[kind];
}

const char *operator_title(enum operator_kind kind) {
    return titles[kind];
}

// FNV-1a, with a separator behind each text.
static uint32_t hash_text(uint32_t hash, const char *text, size_t size) {
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (uint8_t)text[i]) * 16777619u;
    return (hash ^ 0xffu) * 16777619u;
}

void mutation_add(struct mutation_list *list, const struct mutation *mutation,
                  const char *replacement) {
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 64 : 2 * list->capacity;
        list->items = realloc(list->items, list->capacity * sizeof list->items[0]);
    }
    struct mutation *item = list->items != NULL ? &list->items[list->count++] : NULL;
    if (item != NULL) {
        *item = *mutation;
        item->replacement = strdup(replacement);
    }
    if (item == NULL || item->replacement == NULL) {
        perror("mutations");
        abort();
    }
    struct strbuf diff = {0};
    mutation_diff(item, &diff);
    item->digest = hash_text(2166136261u, diff.text, diff.size);
    strbuf_fini(&diff);
}

void mutation_list_fini(struct mutation_list *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].replacement);
    free(list->items);
    *list = (struct mutation_list){0};
}

void mutation_apply(const struct mutation *mutation, struct strbuf *out) {
    strbuf_add(out, mutation->source, mutation->begin);
    strbuf_puts(out, mutation->replacement);
    strbuf_add(out, mutation->source + mutation->end, mutation->source_size - mutation->end);
}

// The whole lines that the place touches.
static void lines_of(const struct mutation *mutation, size_t *begin, size_t *end) {
    *begin = mutation->begin;
    while (*begin > 0 && mutation->source[*begin - 1] != '\n')
        --*begin;
    *end = mutation->end;
    while (*end < mutation->source_size && mutation->source[*end] != '\n')
        ++*end;
}

// Lines of blanks only are left out: they keep the numbers of the lines below.
static void put_lines(struct strbuf *out, char sign, const char *text, size_t size) {
    for (size_t i = 0; i < size;) {
        const char *newline = memchr(text + i, '\n', size - i);
        size_t length = newline != NULL ? (size_t)(newline - (text + i)) : size - i;
        if (strspn(text + i, " \t") < length)
            strbuf_printf(out, "%c%.*s\n", sign, (int)length, text + i);
        i += length + 1;
    }
}

static void changed_lines(const struct mutation *mutation, size_t begin, size_t end,
                          struct strbuf *out) {
    strbuf_add(out, mutation->source + begin, mutation->begin - begin);
    strbuf_puts(out, mutation->replacement);
    strbuf_add(out, mutation->source + mutation->end, end - mutation->end);
}

void mutation_diff(const struct mutation *mutation, struct strbuf *out) {
    size_t begin, end;
    lines_of(mutation, &begin, &end);
    put_lines(out, '-', mutation->source + begin, end - begin);
    struct strbuf changed = {0};
    changed_lines(mutation, begin, end, &changed);
    put_lines(out, '+', changed.text, changed.size);
    strbuf_fini(&changed);
}

static void put_drawn_together(struct strbuf *out, const char *text, size_t size) {
    bool blank = false;
    for (size_t i = 0; i < size; i++) {
        if (strchr(" \t\n", text[i]) != NULL) {
            blank = true;
            continue;
        }
        if (blank && out->size != 0)
            strbuf_add(out, " ", 1);
        blank = false;
        strbuf_add(out, text + i, 1);
    }
}

void mutation_brief(const struct mutation *mutation, size_t width, struct strbuf *out) {
    struct strbuf before = {0}, after = {0}, line = {0};
    put_drawn_together(&before, mutation->source + mutation->begin,
                       mutation->end - mutation->begin);
    put_drawn_together(&after, mutation->replacement, strlen(mutation->replacement));
    bool deleted = mutation->kind == OPERATOR_delete;
    strbuf_printf(&line, "%s => %s", before.text, deleted ? "nothing" : after.text);
    strbuf_printf(out, "%.*s%s", (int)(line.size > width ? width - 3 : line.size), line.text,
                  line.size > width ? "..." : "");
    strbuf_fini(&before);
    strbuf_fini(&after);
    strbuf_fini(&line);
}
