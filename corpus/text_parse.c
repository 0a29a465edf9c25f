// A recursive descent over lines: one line is one statement, words are separated by blanks, '#'
// begins a comment except where an occurrence (#1) is expected. Names of bodies are collected
// first, so that they may be used before they are defined.
#include "text.h"

#include "path.h"
#include "strbuf.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

struct word {
    const char *text;
    uint32_t size; // 0: the line has ended
    uint32_t column;
};

enum section { SECTION_HEADER, SECTION_PLAN, SECTION_SCHEDULE };

struct parser {
    const char *next, *end; // what is left of the text
    const char *line, *at, *line_end;
    uint32_t number; // of the line
    enum section section;
    uint32_t bodies_named;
    struct word names[WORKLOAD_BODIES_MAX];
    uint32_t ms_line, ms_column; // of an explicit `ms`
    struct workload *workload;
    struct workload_error *error;
};

__attribute__((format(printf, 3, 4))) static bool fail(struct parser *parser, uint32_t column,
                                                       const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(parser->error->message, sizeof parser->error->message, format, arguments);
    va_end(arguments);
    parser->error->line = parser->number;
    parser->error->column = column;
    return false;
}

// ---- lines and words ----------------------------------------------------------------------------

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static bool next_line(struct parser *parser) {
    if (parser->next == parser->end)
        return false;
    parser->line = parser->at = parser->next;
    const char *newline = memchr(parser->next, '\n', (size_t)(parser->end - parser->next));
    parser->line_end = newline != NULL ? newline : parser->end;
    parser->next = newline != NULL ? newline + 1 : parser->end;
    parser->number++;
    return true;
}

static struct word next_word(struct parser *parser, bool hash_is_word) {
    while (parser->at < parser->line_end && is_blank(*parser->at))
        parser->at++;
    struct word word = {parser->at, 0, (uint32_t)(parser->at - parser->line) + 1};
    if (parser->at < parser->line_end && *parser->at == '#' && hash_is_word)
        parser->at++;
    while (parser->at < parser->line_end && !is_blank(*parser->at) && *parser->at != '#')
        parser->at++;
    word.size = (uint32_t)(parser->at - word.text);
    return word;
}

static bool word_is(struct word word, const char *text) {
    return word.size == strlen(text) && memcmp(word.text, text, word.size) == 0;
}

// A word as an error message shows it: short and printable.
struct shown {
    char text[28];
};

static struct shown show(struct word word) {
    struct shown shown;
    if (word.size == 0) {
        strcpy(shown.text, "the end of the line");
        return shown;
    }
    uint32_t size = 0, kept = word.size <= 24 ? word.size : 21;
    shown.text[size++] = '\'';
    for (uint32_t i = 0; i < kept; i++)
        shown.text[size++] = isprint((unsigned char)word.text[i]) ? word.text[i] : '?';
    if (kept < word.size) {
        memcpy(shown.text + size, "...", 3);
        size += 3;
    }
    shown.text[size++] = '\'';
    shown.text[size] = '\0';
    return shown;
}

static bool expect_end(struct parser *parser) {
    struct word word = next_word(parser, false);
    if (word.size == 0)
        return true;
    return fail(parser, word.column, "expected the end of the line, found %s", show(word).text);
}

// ---- numbers and names --------------------------------------------------------------------------

// The decimal number that text of size bytes spells, or false; too large a number saturates.
static bool decimal(const char *text, uint32_t size, uint64_t *value) {
    *value = 0;
    for (uint32_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *value = *value > UINT32_MAX ? *value : *value * 10 + (uint64_t)(text[i] - '0');
    }
    return size > 0;
}

// A word that is prefix and a number from low to high, such as f3 or, without a prefix, 12.
static bool number(struct parser *parser, const char *prefix, const char *what, uint32_t low,
                   uint32_t high, uint32_t *value) {
    struct word word = next_word(parser, prefix[0] == '#');
    uint32_t skip = (uint32_t)strlen(prefix);
    uint64_t parsed;
    if (word.size > skip && memcmp(word.text, prefix, skip) == 0 &&
        decimal(word.text + skip, word.size - skip, &parsed) && parsed >= low && parsed <= high) {
        *value = (uint32_t)parsed;
        return true;
    }
    if (low == high)
        return fail(parser, word.column, "expected %s, %s%" PRIu32 ", found %s", what, prefix, low,
                    show(word).text);
    return fail(parser, word.column, "expected %s, %s%" PRIu32 " to %s%" PRIu32 ", found %s", what,
                prefix, low, prefix, high, show(word).text);
}

static bool is_name(struct word word) {
    for (uint32_t i = 0; i < word.size; i++) {
        unsigned char c = (unsigned char)word.text[i];
        if (!isalpha(c) && c != '_' && (i == 0 || (!isdigit(c) && c != '-')))
            return false;
    }
    return word.size > 0;
}

// Index of the body with this name, or bodies_named.
static uint32_t find_body(const struct parser *parser, struct word name) {
    uint32_t i = 0;
    while (i < parser->bodies_named && !(parser->names[i].size == name.size &&
                                         memcmp(parser->names[i].text, name.text, name.size) == 0))
        i++;
    return i;
}

static void collect_names(struct parser parser, struct word names[WORKLOAD_BODIES_MAX],
                          uint32_t *count) {
    while (next_line(&parser)) {
        if (!word_is(next_word(&parser, false), "body") || *count == WORKLOAD_BODIES_MAX)
            continue;
        struct word name = next_word(&parser, false);
        if (name.size > 0)
            names[(*count)++] = name;
    }
}

// ---- header -------------------------------------------------------------------------------------

static bool parse_version(struct parser *parser) {
    struct word word = {"", 0, 1};
    while (word.size == 0) {
        if (!next_line(parser)) {
            parser->number += parser->number == 0;
            return fail(parser, 1, "expected 'gproof %d', found the end of the text",
                        WORKLOAD_VERSION);
        }
        word = next_word(parser, false);
    }
    if (!word_is(word, "gproof"))
        return fail(parser, word.column, "expected 'gproof %d' first, found %s", WORKLOAD_VERSION,
                    show(word).text);
    uint32_t version;
    return number(parser, "", "the version of the language", 1, WORKLOAD_VERSION, &version) &&
           expect_end(parser);
}

static bool parse_chan(struct parser *parser) {
    struct workload_plan *plan = &parser->workload->plan;
    uint32_t index = 0, capacity = 0;
    uint32_t column = (uint32_t)(parser->at - parser->line) + 1;
    if (plan->chans == WORKLOAD_CHANS_MAX)
        return fail(parser, column, "too many channels, at most %d", WORKLOAD_CHANS_MAX);
    if (!number(parser, "c", "the next channel", plan->chans, plan->chans, &index) ||
        !number(parser, "", "its capacity", 0, WORKLOAD_CHAN_CAP_MAX, &capacity))
        return false;
    plan->chan_cap[plan->chans++] = (uint8_t)capacity;
    return expect_end(parser);
}

// Returns false with *known false if the word is no keyword of the header.
static bool parse_header_line(struct parser *parser, struct word word, bool *known) {
    struct workload_header *header = &parser->workload->header;
    uint32_t value = 0;
    bool good;
    *known = true;
    if (word_is(word, "chan"))
        return parse_chan(parser);
    if (word_is(word, "procs")) {
        good = number(parser, "", "the number of Ps", 1, WORKLOAD_PROCS_MAX, &value);
        header->procs = (uint8_t)value;
    } else if (word_is(word, "ms")) {
        parser->ms_line = parser->number;
        parser->ms_column = word.column;
        good = number(parser, "", "the number of Ms", 1, WORKLOAD_MS_MAX, &value);
        header->ms = (uint8_t)value;
    } else if (word_is(word, "cleanups")) {
        good = number(parser, "", "the number of cleanup goroutines", 1, WORKLOAD_CLEANUPS_MAX,
                      &value);
        header->cleanups = (uint8_t)value;
    } else if (word_is(word, "goroutines")) {
        good = number(parser, "", "the number of goroutines", 1, WORKLOAD_GOROUTINES_MAX,
                      &header->goroutines);
    } else if (word_is(word, "fuel")) {
        good =
            number(parser, "", "the number of ops to execute", 1, WORKLOAD_FUEL_MAX, &header->fuel);
    } else {
        *known = false;
        return false;
    }
    return good && expect_end(parser);
}

// ---- plan ---------------------------------------------------------------------------------------

static bool parse_body_line(struct parser *parser) {
    struct workload_plan *plan = &parser->workload->plan;
    struct word name = next_word(parser, false);
    uint32_t index = parser->section == SECTION_HEADER ? 0 : plan->bodies;
    if (!is_name(name))
        return fail(parser, name.column, "expected the body's name, found %s", show(name).text);
    if (index == WORKLOAD_BODIES_MAX)
        return fail(parser, name.column, "too many bodies, at most %d", WORKLOAD_BODIES_MAX);
    if (find_body(parser, name) != index)
        return fail(parser, name.column, "a body %s exists already", show(name).text);
    if (index > 0)
        workload_add_body(plan);
    parser->section = SECTION_PLAN;
    return expect_end(parser);
}

static bool parse_chan_operand(struct parser *parser, uint32_t *value) {
    uint32_t chans = parser->workload->plan.chans;
    if (chans > 0)
        return number(parser, "c", "a channel", 0, chans - 1, value);
    struct word word = next_word(parser, false);
    return fail(parser, word.column, "expected a channel, but no 'chan' line defines one");
}

static bool parse_operand(struct parser *parser, enum workload_operand operand, uint32_t *value) {
    const struct workload_operand_info *info = workload_operand_info(operand);
    switch (operand) {
    case OPERAND_none:
        return true;
    case OPERAND_chan:
        return parse_chan_operand(parser, value);
    case OPERAND_capacity: {
        const char *before = parser->at;
        if (word_is(next_word(parser, false), "fit")) {
            *value = WORKLOAD_PROFILE_FIT;
            return true;
        }
        parser->at = before;
        return number(parser, "", info->noun, 0, WORKLOAD_PROFILE_FIT - 1, value);
    }
    case OPERAND_body: {
        struct word word = next_word(parser, false);
        *value = find_body(parser, word);
        if (*value < parser->bodies_named)
            return true;
        return fail(parser, word.column, "expected the name of a body, found %s", show(word).text);
    }
    default:
        return number(parser, info->prefix, info->noun, info->least, info->least + info->values - 1,
                      value);
    }
}

static bool parse_op(struct parser *parser, struct word word) {
    struct workload_plan *plan = &parser->workload->plan;
    struct workload_op op = {0, 0, 0};
    while (op.kind < OP_COUNT && !word_is(word, workload_op_info(op.kind)->name))
        op.kind++;
    if (op.kind == OP_COUNT)
        return fail(parser, word.column, "expected an op, found %s", show(word).text);
    const struct workload_op_info *info = workload_op_info(op.kind);
    if (!parse_operand(parser, info->a, &op.a) || !parse_operand(parser, info->b, &op.b))
        return false;
    uint32_t body = plan->bodies - 1u;
    uint32_t length = workload_body_end(plan, body) - workload_body_begin(plan, body);
    if (!workload_insert(plan, body, length, op))
        return fail(parser, word.column, "too many ops, at most %d", WORKLOAD_OPS_MAX);
    return expect_end(parser);
}

// ---- schedule -----------------------------------------------------------------------------------

static bool parse_schedule_line(struct parser *parser) {
    struct workload_schedule *schedule = &parser->workload->schedule;
    if (parser->section == SECTION_SCHEDULE)
        return fail(parser, 1, "a second schedule");
    parser->section = SECTION_SCHEDULE;
    uint32_t param = 0;
    struct word mode = next_word(parser, false);
    if (word_is(mode, "list")) {
        schedule->mode = SCHEDULE_LIST;
        return expect_end(parser);
    }
    if (word_is(mode, "uniform")) {
        schedule->mode = SCHEDULE_UNIFORM;
    } else if (word_is(mode, "sticky")) {
        schedule->mode = SCHEDULE_STICKY;
        if (!number(parser, "", "the mean run length", WORKLOAD_STICKY_MIN, WORKLOAD_STICKY_MAX,
                    &param))
            return false;
    } else if (word_is(mode, "pct")) {
        schedule->mode = SCHEDULE_PCT;
        if (!number(parser, "", "the depth", 1, WORKLOAD_PCT_MAX, &param))
            return false;
    } else if (word_is(mode, "pos")) {
        schedule->mode = SCHEDULE_POS;
    } else if (word_is(mode, "surw")) {
        schedule->mode = SCHEDULE_SURW;
    } else if (word_is(mode, "rf")) {
        schedule->mode = SCHEDULE_RF;
    } else {
        return fail(parser, mode.column,
                    "expected list, uniform, sticky, pct, pos, surw or rf, found %s",
                    show(mode).text);
    }
    schedule->param = (uint8_t)param;
    return number(parser, "", "the seed", 0, UINT32_MAX, &schedule->seed) && expect_end(parser);
}

static bool parse_path(struct parser *parser, const char *what, struct word word, uint64_t *path) {
    if (word.size > 0 && path_parse(word.text, word.size, path) && *path != 0)
        return true;
    return fail(parser, word.column, "expected %s, such as main/2/1, m0, main/m1 or fing, found %s",
                what, show(word).text);
}

static bool expect_word(struct parser *parser, const char *text) {
    struct word word = next_word(parser, false);
    if (word_is(word, text))
        return true;
    return fail(parser, word.column, "expected '%s', found %s", text, show(word).text);
}

static bool parse_decision(struct parser *parser, struct workload_entry *entry) {
    struct word word = next_word(parser, false);
    if (word_is(word, "choose")) {
        entry->is_choice = true;
        return number(parser, "", "the choice", 1, UINT16_MAX, &entry->value);
    }
    if (!word_is(word, "to"))
        return fail(parser, word.column, "expected 'to' or 'choose', found %s", show(word).text);
    word = next_word(parser, false);
    if (word_is(word, "next"))
        return true;
    if (!parse_path(parser, "'next' or the path of an M", word, &entry->target))
        return false;
    if (!path_is_m(entry->target))
        return fail(parser, word.column, "expected the path of an M, found the goroutine %s",
                    show(word).text);
    return true;
}

static bool parse_entry(struct parser *parser, struct word at) {
    struct workload_schedule *schedule = &parser->workload->schedule;
    struct workload_entry entry = {0};
    uint32_t occurrence = 0;
    if (schedule->mode != SCHEDULE_LIST)
        return fail(parser, at.column, "entries need 'schedule list'");
    if (schedule->entries == WORKLOAD_ENTRIES_MAX)
        return fail(parser, at.column, "too many entries, at most %d", WORKLOAD_ENTRIES_MAX);
    if (!parse_path(parser, "the path of who acts", next_word(parser, false), &entry.context) ||
        !expect_word(parser, "op") ||
        !number(parser, "", "the ordinal of its op", 0, WORKLOAD_ENTRY_OP_MAX, &entry.op))
        return false;
    struct word site = next_word(parser, false);
    entry.site = (uint8_t)site_parse(site.text, site.size);
    if (entry.site == SITE_COUNT)
        return fail(parser, site.column, "expected the name of a site, found %s", show(site).text);
    if (!number(parser, "#", "the occurrence", 1, UINT16_MAX, &occurrence))
        return false;
    entry.occurrence = (uint16_t)occurrence;
    if (!parse_decision(parser, &entry))
        return false;
    for (uint32_t i = 0; i < schedule->entries; i++)
        if (workload_entry_compare(&schedule->entry[i], &entry) == 0)
            return fail(parser, at.column, "an entry with this key exists already");
    schedule->entry[schedule->entries++] = entry;
    return expect_end(parser);
}

// ---- text ---------------------------------------------------------------------------------------

static bool parse_line(struct parser *parser) {
    struct word word = next_word(parser, false);
    if (word.size == 0)
        return true;
    if (word_is(word, "schedule"))
        return parse_schedule_line(parser);
    if (parser->section == SECTION_SCHEDULE) {
        if (word_is(word, "at"))
            return parse_entry(parser, word);
        return fail(parser, word.column, "expected 'at' or the end of the text, found %s",
                    show(word).text);
    }
    if (word_is(word, "body"))
        return parse_body_line(parser);
    if (parser->section == SECTION_PLAN)
        return parse_op(parser, word);
    bool known;
    bool good = parse_header_line(parser, word, &known);
    if (known)
        return good;
    return fail(parser, word.column,
                "expected procs, ms, cleanups, goroutines, fuel, chan, body or schedule, found %s",
                show(word).text);
}

bool workload_parse(struct workload *workload, const char *text, size_t size,
                    struct workload_error *error) {
    struct workload parsed;
    workload_init(&parsed);
    struct parser parser = {
        .next = text, .end = size == 0 ? text : text + size, .workload = &parsed, .error = error};
    collect_names(parser, parser.names, &parser.bodies_named);
    if (!parse_version(&parser))
        return false;
    while (next_line(&parser))
        if (!parse_line(&parser))
            return false;
    if (parser.ms_line != 0 && parsed.header.ms < parsed.header.procs) {
        parser.number = parser.ms_line;
        return fail(&parser, parser.ms_column, "expected at least as many Ms as Ps (%u), found %u",
                    (unsigned)parsed.header.procs, (unsigned)parsed.header.ms);
    }
    workload_canonicalize(&parsed);
    *workload = parsed;
    return true;
}
