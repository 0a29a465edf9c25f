#include "checks.h"

#include "sanitizer.h"

#include <inttypes.h>
#include <string.h>

bool checks_decidable(enum invariant invariant, const char **why) {
    const char *reason = NULL;
    const char *worlds = invariant_info(invariant)->worlds;
    if (strcmp(worlds, "virtual") == 0)
        reason = "the virtual world";
    else if (strcmp(worlds, "tsan") == 0 && !sanitizer_sees_races())
        reason = "--sanitizer thread";
    else if (invariant == INV_unwinders_agree && sanitizer_sees_races())
        reason = "a build without TSan, which libunwind would blind";
    else if (invariant == INV_canary)
        reason = "a planted fault";
    if (why != NULL)
        *why = reason;
    return reason == NULL;
}

bool checks_never_evaluated(const struct ledger *ledger, enum invariant invariant) {
    return checks_decidable(invariant, NULL) && ledger->board.evaluated[invariant] == 0;
}

bool checks_decided(const struct ledger *ledger, enum invariant invariant) {
    return checks_decidable(invariant, NULL) && ledger->board.decided[invariant] != 0;
}

struct sums {
    uint64_t evaluated, decided;
    enum invariant rarest; // of those decidable here
    uint32_t never;
};

static struct sums sums_of(const struct ledger *ledger) {
    const struct scoreboard *board = &ledger->board;
    struct sums sums = {.rarest = INVARIANT_COUNT};
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        if (!checks_decidable((enum invariant)i, NULL))
            continue;
        sums.evaluated += board->evaluated[i];
        sums.decided += board->decided[i];
        sums.never += board->evaluated[i] == 0;
        if (sums.rarest == INVARIANT_COUNT || board->evaluated[i] < board->evaluated[sums.rarest])
            sums.rarest = (enum invariant)i;
    }
    return sums;
}

static double percent(uint64_t part, uint64_t whole) {
    return whole == 0 ? 0 : 100 * (double)part / (double)whole;
}

static void put_row(const struct scoreboard *board, int invariant, bool colour,
                    struct strbuf *out) {
    uint64_t evaluated = board->evaluated[invariant], decided = board->decided[invariant];
    bool red = colour && evaluated == 0;
    strbuf_printf(out, "%s  %-26s %13" PRIu64 " %13" PRIu64, red ? "\033[31m" : "",
                  invariant_info((enum invariant)invariant)->id, evaluated, decided);
    if (evaluated == 0)
        strbuf_puts(out, "  never evaluated");
    else
        strbuf_printf(out, "  %6.2f %%", percent(decided, evaluated));
    strbuf_puts(out, red ? "\033[0m\n" : "\n");
}

static void put_never(const struct ledger *ledger, const struct sums *sums, bool colour,
                      struct strbuf *out) {
    strbuf_printf(out, "%snever evaluated: %" PRIu32, colour && sums->never != 0 ? "\033[31m" : "",
                  sums->never);
    const char *before = ": ";
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        if (!checks_never_evaluated(ledger, (enum invariant)i))
            continue;
        strbuf_printf(out, "%s%s", before, invariant_info((enum invariant)i)->id);
        before = ", ";
    }
    strbuf_puts(out, colour && sums->never != 0 ? "\033[0m\n" : "\n");
}

void checks_text(const struct ledger *ledger, bool colour, struct strbuf *out) {
    struct sums sums = sums_of(ledger);
    strbuf_printf(out, "  %-26s %13s %13s\n", "promise", "evaluated", "decided");
    for (int i = 0; i < INVARIANT_COUNT; i++)
        if (checks_decidable((enum invariant)i, NULL))
            put_row(&ledger->board, i, colour, out);
    strbuf_printf(out, "decided: %.2f %% of %" PRIu64 " evaluations; fewest: %s, %" PRIu64 "\n",
                  percent(sums.decided, sums.evaluated), sums.evaluated,
                  invariant_info(sums.rarest)->id, ledger->board.evaluated[sums.rarest]);
    put_never(ledger, &sums, colour, out);
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        const char *why;
        if (i != INV_canary && !checks_decidable((enum invariant)i, &why))
            strbuf_printf(out, "not looked at here: %s needs %s\n",
                          invariant_info((enum invariant)i)->id, why);
    }
}

void checks_json(const struct ledger *ledger, struct json *json) {
    struct sums sums = sums_of(ledger);
    json_uint(json, "evaluated", sums.evaluated);
    json_uint(json, "decided", sums.decided);
    json_array(json, "promises");
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        if (!checks_decidable((enum invariant)i, NULL))
            continue;
        json_object(json, NULL);
        json_string(json, "id", invariant_info((enum invariant)i)->id);
        json_uint(json, "evaluated", ledger->board.evaluated[i]);
        json_uint(json, "decided", ledger->board.decided[i]);
        json_uint(json, "broken", ledger->board.broken[i]);
        json_end_object(json);
    }
    json_end_array(json);
    json_array(json, "never_evaluated");
    for (int i = 0; i < INVARIANT_COUNT; i++)
        if (checks_never_evaluated(ledger, (enum invariant)i))
            json_string(json, NULL, invariant_info((enum invariant)i)->id);
    json_end_array(json);
}
