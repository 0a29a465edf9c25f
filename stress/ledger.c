#include "ledger.h"

#include "rng.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

struct ledger *ledger_new(void) {
    void *memory = mmap(NULL, sizeof(struct ledger), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("gproof stress: shared memory");
        return NULL;
    }
    return memory;
}

void ledger_free(struct ledger *ledger) {
    if (ledger != NULL)
        munmap(ledger, sizeof *ledger);
}

double ledger_seconds(const struct ledger *ledger) {
    uint64_t first = ledger->board.first_ns;
    return first == 0 ? 0 : (double)(clock_ns() - first) / 1e9;
}

struct ledger_finding *ledger_hit(struct ledger *ledger, uint64_t signature, const char *kind,
                                  const char *reason, const struct workload *workload) {
    for (uint32_t i = 0; i < ledger->findings_count; i++) {
        struct ledger_finding *finding = &ledger->findings[i];
        if (finding->signature == signature && strcmp(finding->kind, kind) == 0) {
            finding->hits++;
            return finding;
        }
    }
    if (ledger->findings_count == LEDGER_FINDINGS_MAX) {
        ledger->findings_full = true;
        return NULL;
    }
    struct ledger_finding *finding = &ledger->findings[ledger->findings_count];
    *finding = (struct ledger_finding){
        .signature = signature,
        .hits = 1,
        .execution = ledger->board.executions,
        .seconds = ledger_seconds(ledger),
        .ops = workload_ops(workload),
    };
    snprintf(finding->kind, sizeof finding->kind, "%s", kind);
    snprintf(finding->reason, sizeof finding->reason, "%s", reason);
    ledger->findings_count++; // last: a worker that dies before leaves no half finding
    return finding;
}

const struct ledger_finding *ledger_find(const struct ledger *ledger, const char *kind) {
    for (uint32_t i = 0; i < ledger->findings_count; i++)
        if (strcmp(ledger->findings[i].kind, kind) == 0)
            return &ledger->findings[i];
    return NULL;
}

bool ledger_broken(const struct ledger *ledger, const char *invariant) {
    return ledger->board.broken[invariant_parse(invariant)] != 0 ||
           ledger_find(ledger, invariant) != NULL;
}

uint64_t ledger_hash(const char *text) {
    uint64_t hash = 0;
    for (; *text != '\0'; text++)
        hash = rng_mix(hash ^ (unsigned char)*text);
    return hash;
}

void ledger_finding_name(const struct ledger_finding *finding, char *name, size_t size) {
    snprintf(name, size, "%s-%016" PRIx64, finding->kind, finding->signature);
}
