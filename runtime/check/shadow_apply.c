// The replay: one event moves the shadow along. Room was made by shadow_admit. See shadow.h.
#include "shadow.h"

#include <string.h>

// Keep what first stops up to now have to see, before it changes. Room was made by shadow_admit.
static void save_view(struct shadow *shadow, struct shadow_g *g) {
    if (g->saved_stop == shadow->stops)
        return;
    struct shadow_saved *items = shadow->saved.items;
    items[shadow->saved.count] = (struct shadow_saved){
        .after = g->saved_stop, .upto = shadow->stops, .older = g->saved, .view = g->now};
    g->saved = shadow->saved.count++;
    g->saved_stop = shadow->stops;
}

static void set_running(struct shadow *shadow, struct shadow_g *g, uint32_t thread,
                        bool in_syscall) {
    bool before = g->thread != 0 && !g->in_syscall, after = thread != 0 && !in_syscall;
    shadow->running += (uint32_t)after - (uint32_t)before;
    g->thread = thread;
    g->in_syscall = in_syscall;
}

static void count_state(struct shadow *shadow, const struct shadow_g *g, uint32_t by) {
    if (!g->now.alive || !g->state_known)
        return;
    if (g->state != TRACE_ABSENT)
        shadow->not_absent += by;
    if (g->state == TRACE_IN_PROGRESS)
        shadow->in_progress += by;
}

static void set_state(struct shadow *shadow, struct shadow_g *g, uint8_t state) {
    count_state(shadow, g, (uint32_t)-1);
    g->state = state;
    g->state_known = true;
    count_state(shadow, g, 1);
}

static bool born_user(uint32_t service) {
    return service == TRACE_PLAN || service == TRACE_FOREIGN;
}

static void create(struct shadow *shadow, const struct trace_event *event) {
    // Whatever lies between the last id and this one was not created in this run.
    struct shadow_g *g = &shadow->goroutines[event->goroutine];
    if (event->goroutine > shadow->goroutine_last)
        shadow->goroutine_last = event->goroutine;
    memset(g, 0, sizeof *g);
    g->run = shadow->run;
    g->known = true;
    g->service = (uint8_t)event->a;
    g->creator = event->object;
    g->place = event->version;
    g->born = g->saved_stop = shadow->stops;
    g->status = TRACE_GDEAD;
    g->state_known = !shadow->sweeping;
    g->born_sweep = shadow->sweeps + 1;
    g->now.alive = true;
    g->now.role = born_user(event->a) ? TRACE_ROLE_USER : TRACE_ROLE_SYSTEM;
    shadow->users += g->now.role == TRACE_ROLE_USER;
    shadow->plans += born_user(event->a);
    shadow_thread(shadow, event->thread);
    // A goroutine of the plan starts with its creator's label: the language says so, whatever the
    // runtime does about it.
    if (event->a == TRACE_PLAN && event->object != event->goroutine)
        g->now.label = shadow_goroutine(shadow, event->object)->now.label;
    if (event->a == TRACE_FOREIGN) { // it begins on this thread, in a system call
        shadow_thread(shadow, event->thread)->goroutine = event->goroutine;
        set_running(shadow, g, 1u + event->thread, true);
    }
}

// Whoever stops, or begins anew, does what a scanner has asked of it.
static void set_asked(struct shadow *shadow, struct shadow_g *g, bool asked) {
    shadow->asked_to_stop += (uint32_t)asked - (g->asked != 0);
    g->asked = asked;
}

static void leave_thread(struct shadow *shadow, struct shadow_g *g, uint32_t id) {
    set_asked(shadow, g, false);
    if (g->thread != 0) {
        struct shadow_thread *thread = shadow_thread(shadow, g->thread - 1);
        if (thread->goroutine == id)
            thread->goroutine = 0;
    }
    set_running(shadow, g, 0, g->in_syscall);
}

static void exit_goroutine(struct shadow *shadow, struct shadow_g *g, uint32_t id) {
    leave_thread(shadow, g, id);
    if (!g->now.alive)
        return;
    save_view(shadow, g);
    count_state(shadow, g, (uint32_t)-1);
    shadow->users -= g->now.role == TRACE_ROLE_USER;
    shadow->plans -= born_user(g->service);
    g->now.alive = false;
}

static void set_wait(struct shadow *shadow, struct shadow_g *g, uint8_t wait) {
    shadow->sema_waiters -= g->wait == TRACE_WAIT_WORLD_SEMA;
    shadow->sema_waiters += wait == TRACE_WAIT_WORLD_SEMA;
    g->wait = wait;
}

static void enter_thread(struct shadow *shadow, struct shadow_g *g,
                         const struct trace_event *event) {
    leave_thread(shadow, g, event->goroutine);
    shadow_thread(shadow, event->thread)->goroutine = event->goroutine;
    set_running(shadow, g, 1u + event->thread, g->in_syscall);
    set_wait(shadow, g, TRACE_WAIT_COUNT);
    g->ran = ++shadow->clock;
}

static void change_role(struct shadow *shadow, struct shadow_g *g, uint8_t role) {
    if (g->now.role == role)
        return;
    save_view(shadow, g);
    if (g->now.alive)
        shadow->users += role == TRACE_ROLE_USER ? 1u : (uint32_t)-1;
    g->now.role = role;
    if (role == TRACE_ROLE_SYSTEM) { // user code has been left, however it was left
        g->now.top = g->now.depth = 0;
        g->body = 0;
    }
}

// ---- stacks -------------------------------------------------------------------------------------

static void step_stack(struct shadow *shadow, struct shadow_g *g, const struct trace_event *event) {
    struct shadow_frame *frames = shadow->frames.items;
    struct shadow_body *bodies = shadow->bodies.items;
    save_view(shadow, g);
    switch (event->kind) {
    case TRACE_call:
        frames[shadow->frames.count] =
            (struct shadow_frame){.up = g->now.top, .frame = (uint8_t)event->a};
        g->now.top = shadow->frames.count++;
        g->now.depth++;
        break;
    case TRACE_return:
        if (g->now.depth != 0) {
            g->now.top = frames[g->now.top].up;
            g->now.depth--;
        }
        break;
    case TRACE_body_begin:
        bodies[shadow->bodies.count] =
            (struct shadow_body){.up = g->body, .top = g->now.top, .depth = g->now.depth};
        g->body = shadow->bodies.count++;
        g->now.progress = (uint32_t)event->b;
        break;
    default: // body_end
        if (g->body != 0) {
            g->now.top = bodies[g->body].top;
            g->now.depth = bodies[g->body].depth;
            g->body = bodies[g->body].up;
        }
        g->now.progress = (uint32_t)event->b;
    }
}

// ---- the world and profiles ---------------------------------------------------------------------

static void request_stop(struct shadow *shadow, struct shadow_g *g,
                         const struct trace_event *event) {
    shadow->phase = PHASE_STOPPING;
    shadow->phase_owner = event->goroutine;
    shadow->phase_reason = (uint8_t)event->a;
    shadow->requested = ++shadow->clock;
    shadow->asked = false;
    shadow->handoff_from = 0;
    // Collections are not stops of a profile: in Go a profile may start one, since it allocates.
    if (g->known && event->a != TRACE_STOP_GC)
        g->stops++;
}

static void start_world(struct shadow *shadow, const struct trace_event *event) {
    shadow->stopped = false;
    shadow->phase = PHASE_RUNNING;
    // A collection gives worldsema back to whoever comes first (Go's gcStart).
    bool hands_off = shadow->sema_waiters != 0 && event->a != TRACE_STOP_GC;
    shadow->handoff_from = hands_off ? event->goroutine : 0;
}

static void stop_world(struct shadow *shadow, const struct trace_event *event) {
    shadow->phase = PHASE_STOPPED;
    shadow->stopped = true;
    shadow->stop_reason = (uint8_t)event->a;
    shadow->stopper = event->goroutine;
    if (event->a != TRACE_STOP_PROFILE && event->a != TRACE_STOP_PROFILE_SYNC &&
        event->a != TRACE_STOP_STACKS)
        return;
    uint32_t stop = ++shadow->stops;
    shadow->profiles[stop % SHADOW_PROFILES] =
        (struct shadow_profile){.stop = stop, .caller = event->goroutine, .members = shadow->users};
    if (shadow->under_way == 0 && event->a == TRACE_STOP_PROFILE)
        shadow->under_way = stop;
}

static void step_profile(struct shadow *shadow, const struct trace_event *event) {
    struct shadow_profile *profile = shadow_profile_at(shadow, shadow->under_way);
    switch (event->kind) {
    case TRACE_profile_counted:
        if (profile != NULL) {
            profile->counted = true;
            profile->number = event->object;
            profile->caller = event->goroutine;
            profile->n = event->a;
            profile->capacity = (uint32_t)event->b;
        }
        break;
    case TRACE_profile_active:
        shadow->active = true;
        break;
    case TRACE_profile_inactive:
        shadow->active = false;
        shadow->sweeping = true;
        break;
    case TRACE_profile_swept:
        shadow->sweeping = false;
        shadow->sweeps++;
        break;
    default: // profile_end
        shadow->under_way = 0;
        shadow->sweeping = false;
    }
}

// The profile of the only stop is whole when it is told, and never under way.
static void step_sync(struct shadow *shadow, const struct trace_event *event) {
    struct shadow_profile *profile = shadow_profile_at(shadow, shadow->stops);
    const struct shadow_g *caller = shadow_goroutine(shadow, event->goroutine);
    if (profile == NULL || profile->caller != event->goroutine)
        return;
    profile->counted = true;
    profile->number = event->object;
    profile->n = event->a;
    profile->capacity = caller->capacity;
}

static void step_state(struct shadow *shadow, struct shadow_g *g, const struct trace_event *event) {
    if (event->version > g->state_version)
        g->state_version = event->version;
    if (event->b < TRACE_STATE_COUNT)
        set_state(shadow, g, (uint8_t)event->b);
    if (g->recorder != 0) {
        struct shadow_thread *before = shadow_thread(shadow, g->recorder - 1);
        if (before->recording == event->goroutine)
            before->recording = 0;
        g->recorder = 0;
    }
    if (event->b == TRACE_IN_PROGRESS) {
        g->recorder = 1u + event->thread;
        shadow_thread(shadow, event->thread)->recording = event->goroutine;
        shadow_thread(shadow, event->thread)->recorder_events = 0;
    }
}

static void step_record(struct shadow *shadow, struct shadow_g *g) {
    struct shadow_profile *profile = shadow_profile_at(shadow, shadow->under_way);
    if (profile == NULL)
        return;
    profile->records++;
    struct shadow_view view = shadow_view_at(shadow, g, profile->stop);
    if (g->known && g->record_stop != profile->stop) {
        g->record_stop = profile->stop;
        profile->members_recorded += view.alive && view.role == TRACE_ROLE_USER;
    }
}

// ---- one event ----------------------------------------------------------------------------------

static void apply_to_goroutine(struct shadow *shadow, struct shadow_g *g,
                               const struct trace_event *event) {
    switch (event->kind) {
    case TRACE_go_run:
        enter_thread(shadow, g, event);
        break;
    case TRACE_go_ready:
        set_wait(shadow, g, TRACE_WAIT_COUNT);
        break;
    case TRACE_go_stop:
        leave_thread(shadow, g, event->goroutine);
        // Somebody who stops nothing (a collector in Go) may hold worldsema in between: whoever has
        // waited for it again may be the next.
        if (event->a == TRACE_WAIT_WORLD_SEMA && shadow->handoff_from == event->goroutine)
            shadow->handoff_from = 0;
        set_wait(shadow, g, event->a < TRACE_WAIT_COUNT ? (uint8_t)event->a : TRACE_WAIT_COUNT);
        break;
    case TRACE_go_exit:
        exit_goroutine(shadow, g, event->goroutine);
        break;
    case TRACE_role:
        change_role(shadow, g, (uint8_t)event->a);
        break;
    case TRACE_syscall_enter:
        shadow->calls++;
        set_asked(shadow, g, false);
        set_running(shadow, g, g->thread, true);
        break;
    case TRACE_syscall_exit: // maybe on another P than before
        set_running(shadow, g, g->thread, false);
        g->ran = ++shadow->clock;
        break;
    case TRACE_suspend_ask:
        g->ask = ++shadow->clock;
        break;
    case TRACE_suspend_asked: // if it has run since before it was found, no execute has cleared it
        set_asked(shadow, g, g->now.alive && g->thread != 0 && !g->in_syscall && g->ran < g->ask);
        break;
    case TRACE_label:
        save_view(shadow, g);
        g->now.label = event->a;
        break;
    case TRACE_lock_thread:
        g->locks += event->a != 0 ? 1u : g->locks != 0 ? (uint32_t)-1 : 0;
        break;
    case TRACE_call:
    case TRACE_return:
    case TRACE_body_begin:
    case TRACE_body_end:
        step_stack(shadow, g, event);
        break;
    case TRACE_profile_request:
        g->request = event->object;
        g->capacity = event->a;
        g->stops = 0;
        break;
    case TRACE_profile_result:
        g->stops = 0;
        break;
    case TRACE_observe:
        // What creation sees is the word as the goroutine inherits it from the life before.
        if (event->object == TRACE_BY_CREATION && g->state_version == 0 &&
            event->a < TRACE_STATE_COUNT)
            set_state(shadow, g, (uint8_t)event->a);
        break;
    case TRACE_profile_state:
        step_state(shadow, g, event);
        break;
    default:
        break;
    }
}

static void step(struct shadow *shadow, struct shadow_g *g, const struct trace_event *event) {
    if (!g->known)
        return;
    save_view(shadow, g);
    g->now.progress = (uint32_t)event->b;
    g->stops = 0;
}

void shadow_apply(struct shadow *shadow, const struct trace_event *event) {
    struct shadow_g *g = shadow_goroutine(shadow, event->goroutine);
    if (event->kind == TRACE_user_step) { // most events: ahead of the two jumps below
        step(shadow, g, event);
        return;
    }
    switch (event->kind) {
    case TRACE_go_create:
        create(shadow, event);
        return;
    case TRACE_world_stopped:
        stop_world(shadow, event);
        return;
    case TRACE_world_start:
        start_world(shadow, event);
        return;
    case TRACE_stop_request:
        request_stop(shadow, g, event);
        return;
    case TRACE_stop_asked:
        shadow->asked = true;
        return;
    case TRACE_profile_counted:
    case TRACE_profile_active:
    case TRACE_profile_inactive:
    case TRACE_profile_swept:
        step_profile(shadow, event);
        return;
    case TRACE_profile_end:
        step_profile(shadow, event);
        g->stops = 0; // of a goroutine that was never created: nobody asks
        return;
    case TRACE_profile_sync:
        step_sync(shadow, event);
        return;
    case TRACE_profile_record:
        step_record(shadow, g);
        return;
    case TRACE_timer_fire: // its thread may be about to create somebody
        shadow_thread(shadow, event->thread);
        return;
    default:
        if (g->known)
            apply_to_goroutine(shadow, g, event);
    }
}
