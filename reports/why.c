#include "why.h"

#include "cast.h"
#include "sites.h"

#include <stdlib.h>
#include <string.h>

enum { CONCERNED_MAX = 4 };

struct collector {
    struct why *why;
    const struct trace *trace;
    struct cast cast;
    uint32_t concerned[CONCERNED_MAX]; // goroutines that the verdict speaks of, the main one first
    uint32_t concerned_count;
    uint32_t preemptions;
};

static bool is_concerned(const struct collector *collector, uint32_t goroutine) {
    for (uint32_t i = 0; i < collector->concerned_count; i++)
        if (collector->concerned[i] == goroutine)
            return true;
    return false;
}

static void concern(struct collector *collector, uint32_t goroutine) {
    if (goroutine != 0 && collector->concerned_count < CONCERNED_MAX &&
        !is_concerned(collector, goroutine))
        collector->concerned[collector->concerned_count++] = goroutine;
}

// The goroutine of the violation, and every "goroutine 3" in its reason.
static void find_concerned(struct collector *collector, const struct violation *violation) {
    static const char word[] = "goroutine ";
    concern(collector, violation->goroutine);
    for (const char *at = violation->reason; (at = strstr(at, word)) != NULL;) {
        at += strlen(word);
        concern(collector, (uint32_t)strtoul(at, NULL, 10));
    }
}

// A new fact at event; the oldest one makes room.
static struct strbuf *new_fact(struct why *why, uint32_t event) {
    if (why->count == WHY_FACTS_MAX) {
        strbuf_fini(&why->facts[0].sentence);
        memmove(&why->facts[0], &why->facts[1], sizeof why->facts[0] * (WHY_FACTS_MAX - 1));
        why->count--;
        why->left_out++;
    }
    why->facts[why->count] = (struct why_fact){.event = event};
    return &why->facts[why->count++].sentence;
}

static const char *article_role(uint64_t role) {
    return role == TRACE_ROLE_USER ? "a user goroutine" : "a system goroutine";
}

// What a goroutine was when a profile became active.
static void tell_then(const struct cast *cast, uint32_t goroutine, struct strbuf *out) {
    const struct cast_goroutine *gp = cast_goroutine(cast, goroutine);
    strbuf_puts(out, " ");
    cast_name(cast, goroutine, out);
    if (gp->created)
        strbuf_printf(out, " was %s then, %s.", article_role(gp->role),
                      trace_state_name(gp->state));
    else
        strbuf_puts(out, " did not exist yet.");
}

// Facts of the program as a whole. False if the event is none.
static bool tell_world(struct collector *collector, uint32_t index,
                       const struct trace_event *event) {
    struct cast *cast = &collector->cast;
    struct strbuf *out;
    switch (event->kind) {
    case TRACE_profile_active:
        out = new_fact(collector->why, index);
        cast_name(cast, event->goroutine, out);
        strbuf_printf(out,
                      " on M%u made profile %u active, n = %u: until it is over, nobody may run "
                      "user code before it is satisfied.",
                      event->thread, event->object, event->a);
        for (uint32_t i = 0; i < collector->concerned_count; i++)
            if (collector->concerned[i] != event->goroutine)
                tell_then(cast, collector->concerned[i], out);
        return true;
    case TRACE_profile_inactive:
        out = new_fact(collector->why, index);
        strbuf_printf(out, "Profile %u was made inactive: n = %u, %llu recorded.", event->object,
                      event->a, (unsigned long long)event->b);
        return true;
    case TRACE_preempt:
        if (event->b == 0)
            return true;
        out = new_fact(collector->why, index);
        strbuf_printf(out, "Preemption %u: M%u was set aside", ++collector->preemptions,
                      event->thread);
        if (event->thread < cast->threads && cast->current[event->thread] != 0) {
            strbuf_puts(out, ", with ");
            cast_name(cast, cast->current[event->thread], out);
            strbuf_puts(out, " on it,");
        }
        strbuf_printf(out, " before it could do \"%s\"; M%u went on.",
                      event->a < SITE_COUNT ? site_meaning((enum site)event->a) : "?",
                      event->object);
        return true;
    case TRACE_profile_result:
        if (event->object == 0) // a query for n
            return true;
        out = new_fact(collector->why, index);
        cast_name(cast, event->goroutine, out);
        strbuf_printf(out, " got profile %u: n = %u, %s, %llu slots written.", event->object,
                      event->a, event->b & 1 ? "ok" : "not ok", (unsigned long long)event->b >> 1);
        return true;
    case TRACE_fatal:
        out = new_fact(collector->why, index);
        strbuf_printf(out, "A check of the runtime fired: %s.",
                      event->a < TRACE_CHECK_COUNT ? trace_check_info(event->a)->message : "?");
        return true;
    default:
        return false;
    }
}

static void tell_observe(struct collector *collector, uint32_t index,
                         const struct trace_event *event) {
    static const char *const who[TRACE_OBSERVER_COUNT] = {
        [TRACE_BY_EXECUTE] = "The scheduler (execute)",
        [TRACE_BY_WALKER] = "The profiler's walk",
        [TRACE_BY_SYSCALL_RETURN] = "The return from a system call",
        [TRACE_BY_COROUTINE] = "The direct switch of coroutines",
        [TRACE_BY_CREATION] = "The creation of a goroutine",
    };
    struct strbuf *out = new_fact(collector->why, index);
    strbuf_printf(out, "%s on M%u looked at ",
                  event->object < TRACE_OBSERVER_COUNT ? who[event->object] : "Somebody",
                  event->thread);
    cast_name(&collector->cast, event->goroutine, out);
    strbuf_printf(out, ": %s, %s.", article_role(event->b), trace_state_name(event->a));
}

// A store is announced before it is done. Worth a word only if something came between the two.
static void tell_announced(struct collector *collector, uint32_t index,
                           const struct trace_event *event) {
    const struct cast *cast = &collector->cast;
    const struct cast_goroutine *gp = cast_goroutine(cast, event->goroutine);
    bool last = index + 1 == collector->trace->count;
    if (!cast->raw || gp->state != event->a || last ||
        cast_is_state_edge(cast, &collector->trace->events[index + 1]))
        return;
    struct strbuf *out = new_fact(collector->why, index);
    strbuf_printf(out, "M%u was about to move ", event->thread);
    cast_name(cast, event->goroutine, out);
    strbuf_printf(out, " from %s to %s, and had not written it yet.", trace_state_name(event->a),
                  trace_state_name(event->b));
}

// Facts of the goroutine concerned.
static void tell_goroutine(struct collector *collector, uint32_t index,
                           const struct trace_event *event) {
    struct cast *cast = &collector->cast;
    const struct cast_goroutine *gp = cast_goroutine(cast, event->goroutine);
    struct strbuf *out;
    if (cast_is_state_edge(cast, event)) {
        out = new_fact(collector->why, index);
        cast_name(cast, event->goroutine, out);
        strbuf_printf(out, " went from %s to %s, written by M%u.", trace_state_name(gp->state),
                      trace_state_name(event->b), event->thread);
        return;
    }
    if (event->kind == TRACE_profile_state) {
        tell_announced(collector, index, event);
        return;
    }
    switch (event->kind) {
    case TRACE_observe:
        tell_observe(collector, index, event);
        return;
    case TRACE_go_create:
    case TRACE_go_run:
    case TRACE_go_exit:
    case TRACE_syscall_exit:
    case TRACE_role:
    case TRACE_stack_read:
    case TRACE_profile_record:
    case TRACE_finalizer_run:
    case TRACE_cleanup_run:
        break;
    default:
        return;
    }
    out = new_fact(collector->why, index);
    cast_name(cast, event->goroutine, out);
    switch (event->kind) {
    case TRACE_go_create:
        strbuf_puts(out, " was created");
        break;
    case TRACE_go_run:
        strbuf_printf(out, " was run by M%u: %s, %s", event->thread, article_role(gp->role),
                      trace_state_name(gp->state));
        break;
    case TRACE_go_exit:
        strbuf_puts(out, " ended");
        break;
    case TRACE_syscall_exit:
        strbuf_printf(out, " came back from a system call on M%u, %s", event->thread,
                      trace_state_name(gp->state));
        break;
    case TRACE_role:
        strbuf_printf(out, " became %s on M%u, %s", article_role(event->a), event->thread,
                      trace_state_name(gp->state));
        break;
    case TRACE_stack_read:
        strbuf_printf(out, " had its stack read from M%u while %s", event->thread,
                      trace_status_name(event->a));
        break;
    case TRACE_profile_record:
        strbuf_printf(out, " was recorded in slot %u", event->object);
        break;
    default:
        strbuf_printf(out, " started the %s of object %u",
                      event->kind == TRACE_finalizer_run ? "finalizer" : "a cleanup",
                      event->object);
    }
    strbuf_puts(out, ".");
}

// Where the facts begin: the last profile that became active before the violation, or a little
// before it where there is none.
static uint32_t first_fact(const struct trace *trace, uint32_t last) {
    for (uint32_t i = last + 1; i-- > 0;)
        if (trace->events[i].kind == TRACE_profile_active)
            return i;
    return 0;
}

void why_collect(struct why *why, const struct trace *trace, const struct workload *workload,
                 const struct violation *violation) {
    struct collector collector = {.why = why, .trace = trace};
    *why = (struct why){0};
    find_concerned(&collector, violation);
    if (trace->count == 0)
        return;
    uint32_t last = violation->event < trace->count ? violation->event : trace->count - 1;
    uint32_t first = first_fact(trace, last);
    cast_init(&collector.cast, trace, workload);
    for (uint32_t i = 0; i <= last; i++) {
        const struct trace_event *event = &trace->events[i];
        bool preemption = event->kind == TRACE_preempt && event->b != 0;
        if (i >= first || preemption) {
            if (!tell_world(&collector, i, event) && is_concerned(&collector, event->goroutine))
                tell_goroutine(&collector, i, event);
        }
        cast_apply(&collector.cast, event);
    }
    cast_fini(&collector.cast);
}

void why_fini(struct why *why) {
    for (uint32_t i = 0; i < why->count; i++)
        strbuf_fini(&why->facts[i].sentence);
    *why = (struct why){0};
}

void why_reason(struct strbuf *out, const struct trace *trace, const struct workload *workload,
                const struct violation *violation) {
    struct cast cast;
    cast_init(&cast, trace, workload);
    for (uint32_t i = 0; i < trace->count; i++)
        cast_apply(&cast, &trace->events[i]);
    cast_rename(&cast, violation->reason, out);
    cast_fini(&cast);
    if (out->size != 0 && out->text[out->size - 1] != '.')
        strbuf_puts(out, ".");
}
