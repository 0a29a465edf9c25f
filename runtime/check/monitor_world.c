// The world: nobody runs user code while it is stopped, a goroutine runs on one thread and a thread
// runs one goroutine, and profiles follow one another.
#include "monitor.h"

// Who runs though the world is stopped: for a sentence.
static uint32_t find_running(struct shadow *shadow, uint32_t except) {
    for (uint32_t id = 1; id <= shadow->goroutine_last; id++) {
        const struct shadow_g *g = shadow_goroutine(shadow, id);
        if (id != except && g->known && g->thread != 0 && !g->in_syscall)
            return id;
    }
    return 0;
}

static void judge_stopped(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    const struct shadow_g *stopper = shadow_goroutine(shadow, event->goroutine);
    uint32_t own = stopper->known && stopper->thread != 0 && !stopper->in_syscall;
    if (!oracle_holds(oracle, INV_world_stopped, !shadow->stopped))
        oracle_raise(oracle, INV_world_stopped, oracle->index, event->goroutine, 1,
                     "%s stops the world (%s) while it is stopped",
                     oracle_name(oracle, event->goroutine).text, trace_stop_reason_name(event->a));
    if (!oracle_holds(oracle, INV_world_stopped, shadow->running == own)) {
        uint32_t id = find_running(shadow, event->goroutine);
        oracle_raise(oracle, INV_world_stopped, oracle->index, id, 2,
                     "%s still runs when the world is stopped (%s)", oracle_name(oracle, id).text,
                     trace_stop_reason_name(event->a));
    }
    if (event->a == TRACE_STOP_PROFILE &&
        !oracle_holds(oracle, INV_profiles_serialised, shadow->under_way == 0))
        oracle_raise(oracle, INV_profiles_serialised, oracle->index, event->goroutine, 0,
                     "%s begins a profile while profile %u is under way",
                     oracle_name(oracle, event->goroutine).text, oracle_profile_number(oracle));
}

static void judge_profile(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    const struct shadow_profile *profile = shadow_profile_at(shadow, shadow->under_way);
    bool own = profile == NULL || profile->caller == event->goroutine;
    bool again =
        event->kind == TRACE_profile_active ? shadow->active : profile != NULL && profile->counted;
    if (!oracle_holds(oracle, INV_profiles_serialised, own && !again))
        oracle_raise(oracle, INV_profiles_serialised, oracle->index, event->goroutine, 1,
                     "profile %u of %s goes on while profile %u is under way", event->object,
                     oracle_name(oracle, event->goroutine).text, oracle_profile_number(oracle));
}

static void judge_user_code(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    if (shadow->stopped && !oracle_holds(oracle, INV_world_stopped, false))
        oracle_raise(oracle, INV_world_stopped, oracle->index, event->goroutine, 0,
                     "%s runs user code (%s) while the world is stopped (%s)",
                     oracle_name(oracle, event->goroutine).text, trace_kind_info(event->kind)->name,
                     trace_stop_reason_name(shadow->stop_reason));
    const struct shadow_g *g = shadow_goroutine(shadow, event->goroutine);
    if (!g->known) {
        oracle_undecided(oracle, INV_one_runner);
        return;
    }
    if (!oracle_holds(oracle, INV_user_code_in_user_role, g->now.role == TRACE_ROLE_USER))
        oracle_raise(oracle, INV_user_code_in_user_role, oracle->index, event->goroutine, 0,
                     "%s runs user code (%s), but no profile would show it",
                     oracle_name(oracle, event->goroutine).text,
                     trace_kind_info(event->kind)->name);
    if (!oracle_holds(oracle, INV_one_runner, g->thread == 1u + event->thread))
        oracle_raise(oracle, INV_one_runner, oracle->index, event->goroutine, 1,
                     "%s runs user code on thread %u, which does not run it",
                     oracle_name(oracle, event->goroutine).text, event->thread);
}

static void judge_run(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    const struct shadow_g *g = shadow_goroutine(shadow, event->goroutine);
    if (shadow->stopped && !oracle_holds(oracle, INV_world_stopped, false))
        oracle_raise(oracle, INV_world_stopped, oracle->index, event->goroutine, 3,
                     "%s starts to run while the world is stopped (%s)",
                     oracle_name(oracle, event->goroutine).text,
                     trace_stop_reason_name(shadow->stop_reason));
    if (!g->known) {
        oracle_undecided(oracle, INV_one_runner);
        return;
    }
    uint32_t other = shadow_thread(shadow, event->thread)->goroutine;
    if (!oracle_holds(oracle, INV_one_runner, g->thread == 0 && other == 0)) {
        if (g->thread != 0)
            oracle_raise(oracle, INV_one_runner, oracle->index, event->goroutine, 2,
                         "%s starts to run on thread %u while it runs on thread %u",
                         oracle_name(oracle, event->goroutine).text, event->thread, g->thread - 1);
        else
            oracle_raise(oracle, INV_one_runner, oracle->index, event->goroutine, 3,
                         "%s starts to run on thread %u, which runs goroutine %u",
                         oracle_name(oracle, event->goroutine).text, event->thread, other);
    }
}

static void judge_world(struct oracle *oracle, const struct trace_event *event) {
    switch (event->kind) {
    case TRACE_world_stopped:
        judge_stopped(oracle, event);
        break;
    case TRACE_profile_counted:
    case TRACE_profile_active:
        judge_profile(oracle, event);
        break;
    default:
        judge_run(oracle, event);
    }
}

const struct monitor monitor_world = {
    .kinds = MONITOR_KIND(world_stopped) | MONITOR_KIND(profile_counted) |
             MONITOR_KIND(profile_active) | MONITOR_KIND(go_run),
    .judge = judge_world,
};

const struct monitor monitor_user_code = {
    .kinds = MONITOR_KIND(syscall_exit) | MONITOR_KIND(user_step) | MONITOR_KIND(body_begin) |
             MONITOR_KIND(body_end) | MONITOR_KIND(call) | MONITOR_KIND(return ),
    .judge = judge_user_code,
};
