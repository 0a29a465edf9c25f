#include "carry_program.h"

#include "assert.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>

enum { GO_CLEANUPS = 24, GO_COROUTINES = 23 };

enum { // what the profiler's walk may wait for; bits of support.go.txt
    SAW_FINALIZER = 1 << 0,
    SAW_CLEANUP = 1 << 1,
    SAW_EXECUTE = 1 << 2,
    SAW_SYSCALL = 1 << 3,
    SAW_CORO = 1 << 4,
    SAW_CREATED = 1 << 5
};

// ---- gates --------------------------------------------------------------------------------------

const char *carry_gate_name(uint32_t gate) {
    static const char *const names[CARRY_HITS] = {
        [CARRY_FINALIZER_LOOP] = "finalizer-loop",
        [CARRY_FINALIZER_FLIP] = "finalizer-flip",
        [CARRY_CLEANUP_LOOP] = "cleanup-loop",
        [CARRY_CLEANUP_FLIP] = "cleanup-flip",
        [CARRY_CLEANUP_END] = "cleanup-end",
        [CARRY_WALK] = "walk",
        [CARRY_SYSCALL] = "syscall-return",
        [CARRY_STATE] = "state",
        [CARRY_RECORD] = "recorder",
        [CARRY_FLAGS] = "flag-and-counter",
        [CARRY_STOP] = "stop",
        [CARRY_OPS] = "between-ops",
    };
    return gate < CARRY_HITS ? names[gate] : NULL;
}

// The gates where Go does what our runtime does at the site. What is left of the profiler happens
// between the start of the world and the walk, or makes others run there.
static uint32_t gates_of_site(uint8_t site) {
    switch ((enum site)site) {
    case SITE_try_state:
    case SITE_try_acquire:
    case SITE_try_wait:
        return 1U << CARRY_STATE;
    case SITE_try_satisfy:
    case SITE_record_status:
    case SITE_record_in_syscall:
    case SITE_record_classify:
    case SITE_record_slot:
    case SITE_record_frames:
    case SITE_scan_acquire: // of a recorder as a rule: Go's has no such step
    case SITE_scan_release:
        return 1U << CARRY_RECORD | 1U << CARRY_STATE;
    case SITE_syscall_body:
    case SITE_syscall_enter:
    case SITE_syscall_p:
    case SITE_syscall_checkin:
    case SITE_syscall_exit:
        return 1U << CARRY_SYSCALL;
    case SITE_fing_status:
    case SITE_fin_lock:
        return 1U << CARRY_FINALIZER_LOOP;
    case SITE_cleanup_flag:
    case SITE_cleanup_count:
        return 1U << CARRY_FLAGS;
    default:
        return 1U << CARRY_WALK | 1U << CARRY_STOP;
    }
}

bool carry_has(const struct workload_plan *plan, enum workload_op_kind kind) {
    uint32_t ops = workload_body_end(plan, plan->bodies - 1U);
    for (uint32_t i = 0; i < ops; i++) {
        if (plan->ops[i].kind == (uint8_t)kind)
            return true;
    }
    return false;
}

bool carry_has_threads(const struct workload_plan *plan) {
    return carry_has(plan, OP_foreign) || carry_has(plan, OP_bound);
}

uint32_t carry_gates(const struct workload *workload) {
    const struct workload_plan *plan = &workload->plan;
    uint32_t gates = 0;
    for (uint32_t i = 0; i < workload->schedule.entries; i++) {
        const struct workload_entry *entry = &workload->schedule.entry[i];
        if (!entry->is_choice)
            gates |= gates_of_site(entry->site);
    }
    if (carry_has(plan, OP_finalizer))
        gates |= 1U << CARRY_WALK | 1U << CARRY_FINALIZER_LOOP | 1U << CARRY_FINALIZER_FLIP;
    if (carry_has(plan, OP_cleanup))
        gates |= 1U << CARRY_WALK | 1U << CARRY_CLEANUP_LOOP | 1U << CARRY_CLEANUP_FLIP |
                 1U << CARRY_CLEANUP_END | 1U << CARRY_FLAGS;
    if (carry_has(plan, OP_syscall) || carry_has(plan, OP_block))
        gates |= 1U << CARRY_WALK | 1U << CARRY_SYSCALL;
    if (carry_has(plan, OP_resume))
        gates |= 1U << CARRY_WALK;
    // Service goroutines give way when a stop is wanted: it has to follow at once.
    if (carry_has(plan, OP_finalizer) || carry_has(plan, OP_cleanup))
        gates &= ~(1U << CARRY_STOP);
    return gates;
}

static uint32_t awaited(const struct workload_plan *plan) {
    uint32_t saw = 0;
    if (carry_has(plan, OP_finalizer))
        saw |= SAW_FINALIZER;
    if (carry_has(plan, OP_cleanup))
        saw |= SAW_CLEANUP;
    if (carry_has(plan, OP_syscall) || carry_has(plan, OP_block))
        saw |= SAW_SYSCALL;
    if (carry_has(plan, OP_resume))
        saw |= SAW_CORO;
    if (saw == 0 && carry_has(plan, OP_spawn))
        saw = SAW_CREATED;
    return saw == 0 ? SAW_EXECUTE : saw;
}

// A cleanup goroutine that ends is not replaced by Go, but it makes one for every 4 Ps.
uint32_t carry_procs(const struct workload *workload) {
    enum { MIN = 2, MANY = 32 };
    if (carry_has(&workload->plan, OP_cleanup) && carry_has(&workload->plan, OP_exit))
        return MANY;
    return workload->header.procs < MIN ? MIN : workload->header.procs;
}

uint32_t carry_needs(const struct workload_plan *plan, const char **op) {
    *op = NULL;
    if (carry_has(plan, OP_cleanup)) {
        *op = workload_op_info(OP_cleanup)->name;
        return GO_CLEANUPS;
    }
    if (carry_has(plan, OP_coro)) {
        *op = workload_op_info(OP_coro)->name;
        return GO_COROUTINES;
    }
    return 0;
}

const char *carry_refused(const struct workload_plan *plan, bool stock) {
    if (carry_has(plan, OP_goroutineleak)) // its leaks are those of pointers
        return workload_op_info(OP_goroutineleak)->name;
    // Coroutines are made and resumed by somebody who is not locked to a thread, or Go throws; who
    // is, only the changed runtime tells.
    bool locks = carry_has(plan, OP_lockthread) || carry_has_threads(plan);
    if (stock && locks && carry_has(plan, OP_coro))
        return workload_op_info(OP_coro)->name;
    return NULL;
}

// ---- Go text ------------------------------------------------------------------------------------

static void indent(struct strbuf *out, int depth) {
    for (int i = 0; i < depth; i++)
        strbuf_puts(out, "\t");
}

// One op that neither opens nor closes a frame.
static void print_op(const struct workload_op *op, struct strbuf *out) {
    switch ((enum workload_op_kind)op->kind) {
    case OP_yield:
        strbuf_puts(out, "g.yieldOp()");
        return;
    case OP_spawn:
    case OP_send:
    case OP_recv:
    case OP_add:
    case OP_after:
    case OP_finalizer:
    case OP_cleanup:
    case OP_coro:
    case OP_foreign:
    case OP_bound:
        strbuf_printf(out, "g.%s(%" PRIu32 ", %" PRIu32 ")", workload_op_info(op->kind)->name,
                      op->a, op->b);
        return;
    case OP_close:
        strbuf_printf(out, "g.closeChan(%" PRIu32 ")", op->a);
        return;
    case OP_syscall:
    case OP_block:
        strbuf_printf(out, "g.syscall(%" PRIu32 ")", op->a);
        return;
    case OP_label:
    case OP_alloc:
    case OP_drop:
    case OP_step:
    case OP_resume:
    case OP_gomaxprocs:
        strbuf_printf(out, "g.%s(%" PRIu32 ")", workload_op_info(op->kind)->name, op->a);
        return;
    case OP_lock:
    case OP_unlock:
    case OP_acquire:
    case OP_release:
    case OP_done:
    case OP_wait:
    case OP_sleep:
        strbuf_printf(out, "g.%s(%" PRIu32 ")", workload_op_info(op->kind)->name, op->a);
        return;
    case OP_gc:
    case OP_exit:
    case OP_lockthread:
    case OP_unlockthread:
    case OP_numgoroutine:
        strbuf_printf(out, "g.%s()", workload_op_info(op->kind)->name);
        return;
    case OP_profile:
    case OP_snapshot:
    case OP_stacks:
        strbuf_printf(out, "g.%s(", workload_op_info(op->kind)->name);
        if (op->a == WORKLOAD_PROFILE_FIT)
            strbuf_puts(out, "-1)");
        else
            strbuf_printf(out, "%" PRIu32 ")", op->a);
        return;
    default: // of the loop, or refused
        break;
    }
    ASSERT(!"an op without a frame");
}

// The statement of a select or poll at ops[at], with its cases, which are the ops behind it. The
// round sends home whoever waits.
static void print_select(const struct workload_plan *plan, uint32_t at, int depth,
                         struct strbuf *out) {
    const struct workload_op *op = &plan->ops[at];
    uint32_t count = workload_cases(plan, at);
    char text[128];
    strbuf_printf(out, "g.choose(op_%s, func() {", workload_op_info(op->kind)->name);
    workload_print_op(plan, op, text, sizeof text);
    strbuf_printf(out, " // %s\n", text);
    if (count != 0) {
        indent(out, depth + 1);
        strbuf_puts(out, "select {\n");
    }
    for (uint32_t i = 1; i <= count; i++) {
        const struct workload_op *one = &plan->ops[at + i];
        indent(out, depth + 1);
        if (one->kind == OP_send)
            strbuf_printf(out, "case g.round.chans[%" PRIu32 "] <- *g.slot(%" PRIu32 "):", one->a,
                          one->b);
        else
            strbuf_printf(out, "case *g.slot(%" PRIu32 ") = <-g.round.chans[%" PRIu32 "]:", one->b,
                          one->a);
        workload_print_op(plan, one, text, sizeof text);
        strbuf_printf(out, " // %s\n", text);
    }
    if (count != 0) {
        indent(out, depth + 1);
        strbuf_puts(out, op->kind == OP_poll ? "default:\n" : "case <-g.round.quit:\n");
        indent(out, depth + 1);
        strbuf_puts(out, "}\n");
    }
    indent(out, depth);
    strbuf_puts(out, "})\n");
}

static void print_body(const struct workload_plan *plan, uint32_t number, uint32_t body,
                       struct strbuf *out) {
    int depth = 1;
    char name[64];
    workload_print_body(plan, body, name, sizeof name);
    strbuf_printf(out, "\n// body %s\nfunc plan%" PRIu32 "body%" PRIu32 "(g *goroutine) {\n", name,
                  number, body);
    for (uint32_t i = workload_body_begin(plan, body); i < workload_body_end(plan, body); i++) {
        const struct workload_op *op = &plan->ops[i];
        bool returns = op->kind == OP_return;
        char text[128];
        if (op->kind == OP_select || op->kind == OP_poll) {
            indent(out, depth);
            print_select(plan, i, depth, out);
            i += workload_cases(plan, i);
            continue;
        }
        workload_print_op(plan, op, text, sizeof text);
        if (returns && depth > 1) {
            indent(out, depth--);
            strbuf_puts(out, "g.op(op_return)\n");
            indent(out, depth);
            strbuf_puts(out, "})");
        } else {
            indent(out, depth);
            if (op->kind == OP_call)
                strbuf_printf(out, "g.call(%" PRIu32 ", func() {", op->a);
            else if (op->kind == OP_recurse)
                strbuf_printf(out, "g.recurse(%" PRIu32 ", %" PRIu32 ", func() {", op->a, op->b);
            else if (returns) // out of no frame: no effect
                strbuf_puts(out, "g.op(op_return)");
            else
                print_op(op, out);
            depth += workload_calls(op->kind);
        }
        strbuf_printf(out, " // %s\n", text);
    }
    for (; depth > 1; depth--) {
        indent(out, depth - 1);
        strbuf_puts(out, "})\n");
    }
    strbuf_puts(out, "}\n");
}

void carry_print(const struct workload *workload, uint32_t number, uint32_t gates,
                 struct strbuf *out) {
    const struct workload_plan *plan = &workload->plan;
    strbuf_printf(out,
                  "// A plan; the ops are those of harness_test.go.\n"
                  "package carry\n\nfunc init() {\n\tplans[%" PRIu32 "] = &program{\n"
                  "\t\tchans: []int{",
                  number);
    for (uint32_t i = 0; i < plan->chans; i++)
        strbuf_printf(out, "%s%u", i == 0 ? "" : ", ", plan->chan_cap[i]);
    strbuf_puts(out, "},\n\t\tbodies: []func(*goroutine){");
    for (uint32_t i = 0; i < plan->bodies; i++)
        strbuf_printf(out, "%splan%" PRIu32 "body%" PRIu32, i == 0 ? "" : ", ", number, i);
    strbuf_printf(out,
                  "},\n\t\tgoroutines: %" PRIu32 ",\n\t\tfuel: %" PRIu32 ",\n\t\tgates: %#" PRIx32
                  ",\n\t\tawait: %#" PRIx32 ",\n\t}\n}\n",
                  workload->header.goroutines, workload->header.fuel, gates, awaited(plan));
    for (uint32_t i = 0; i < plan->bodies; i++)
        print_body(plan, number, i, out);
}
