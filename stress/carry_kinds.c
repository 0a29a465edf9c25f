#include "carry_kinds.h"

#include "trace.h"
#include "workload.h"

#include <inttypes.h>

// What Go says of an event's operands. A wait that Go does not tell apart is one for a channel or
// for a semaphore.
static const struct {
    const char *name;
    uint32_t value;
} enums[] = {
    {"gproofServicePlan", TRACE_PLAN},
    {"gproofServiceFinalizer", TRACE_FINALIZER},
    {"gproofServiceCleanup", TRACE_CLEANUP},
    {"gproofRoleSystem", TRACE_ROLE_SYSTEM},
    {"gproofRoleUser", TRACE_ROLE_USER},
    {"gproofAbsent", TRACE_ABSENT},
    {"gproofInProgress", TRACE_IN_PROGRESS},
    {"gproofSatisfied", TRACE_SATISFIED},
    {"gproofByExecute", TRACE_BY_EXECUTE},
    {"gproofByWalker", TRACE_BY_WALKER},
    {"gproofBySyscallReturn", TRACE_BY_SYSCALL_RETURN},
    {"gproofByCoroutine", TRACE_BY_COROUTINE},
    {"gproofByCreation", TRACE_BY_CREATION},
    {"gproofBySelf", TRACE_BY_SELF},
    {"gproofBySweep", TRACE_BY_SWEEP},
    {"gproofGidle", TRACE_GIDLE},
    {"gproofGrunnable", TRACE_GRUNNABLE},
    {"gproofGrunning", TRACE_GRUNNING},
    {"gproofGsyscall", TRACE_GSYSCALL},
    {"gproofGwaiting", TRACE_GWAITING},
    {"gproofGdead", TRACE_GDEAD},
    {"gproofStopProfile", TRACE_STOP_PROFILE},
    {"gproofStopCleanup", TRACE_STOP_PROFILE_CLEANUP},
    {"gproofStopGC", TRACE_STOP_GC},
    {"gproofStopOther", TRACE_STOP_OTHER},
    {"gproofStopSync", TRACE_STOP_PROFILE_SYNC},
    {"gproofWaitPreempted", TRACE_WAIT_PREEMPTED},
    {"gproofWaitYield", TRACE_WAIT_YIELD},
    {"gproofWaitChan", TRACE_WAIT_CHAN},
    {"gproofWaitCoroutine", TRACE_WAIT_COROUTINE},
    {"gproofWaitWorldSema", TRACE_WAIT_WORLD_SEMA},
    {"gproofWaitGCSema", TRACE_WAIT_GC_SEMA},
    {"gproofWaitProfileSema", TRACE_WAIT_PROFILE_SEMA},
    {"gproofWaitFinalizer", TRACE_WAIT_FINALIZER},
    {"gproofWaitCleanup", TRACE_WAIT_CLEANUP},
    {"gproofWaitSyscall", TRACE_WAIT_SYSCALL_NO_P},
    {"gproofWaitSelect", TRACE_WAIT_SELECT},
    {"gproofWaitMutex", TRACE_WAIT_MUTEX},
    {"gproofWaitSemaphore", TRACE_WAIT_SEMAPHORE},
    {"gproofWaitGroup", TRACE_WAIT_GROUP},
    {"gproofWaitSleep", TRACE_WAIT_SLEEP},
    {"gproofWaitGCCycle", TRACE_WAIT_GC_CYCLE},
};

void carry_kinds_print(const char *package, struct strbuf *out) {
    strbuf_printf(out,
                  "// The numbers of gproof's events, of their operands, and of its ops.\npackage "
                  "%s\n\nconst (\n",
                  package);
    strbuf_printf(out, "\tgproofCapacity = %d\n", CARRY_BUFFER_EVENTS);
    for (uint16_t kind = 0; kind < TRACE_KIND_COUNT; kind++)
        strbuf_printf(out, "\tgproof_%s = %u\n", trace_kind_info(kind)->name, kind);
    for (size_t i = 0; i < sizeof enums / sizeof enums[0]; i++)
        strbuf_printf(out, "\t%s = %" PRIu32 "\n", enums[i].name, enums[i].value);
    for (int op = 0; op < OP_COUNT; op++)
        strbuf_printf(out, "\top_%s = %d\n", workload_op_info((enum workload_op_kind)op)->name, op);
    strbuf_puts(out, ")\n");
}

void carry_frames_print(struct strbuf *out) {
    strbuf_puts(out, "// The frame functions. None can be preempted between its call or return and "
                     "the word of it.\n"
                     "package carry\n\nvar frames = [...]func(func()){");
    for (int i = 0; i < WORKLOAD_FRAMES; i++)
        strbuf_printf(out, "%sframe%d", i == 0 ? "" : ", ", i);
    strbuf_puts(out, "}\n");
    for (int i = 0; i < WORKLOAD_FRAMES; i++)
        strbuf_printf(out,
                      "\n//go:noinline\n//go:nosplit\nfunc frame%d(inside func()) {\n"
                      "\ttell(gproof_call, 0, %d, 0)\n\tinside()\n"
                      "\ttell(gproof_return, 0, %d, 0)\n}\n",
                      i, i, i);
}
