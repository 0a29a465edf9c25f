// Calls into the program from threads of C (proc.go needm, dropm; cgocall.go cgocallback). A thread
// takes a context, a goroutine that was made ahead and is dead-extra while no call uses it. During
// a call the context is like any goroutine in a system call, returns from it through the check-in
// of exitsyscall before any user code, and enters one again behind it. It is locked to the thread.
// A bound thread keeps its context until it ends; in between it is idle in C, and the context is as
// dead as in the pool: no goroutine, and no label either (#76435).
//
// Contexts come and go without a P, so no stop of the world waits for them. In Go a profile can be
// wrong for that: a stranger takes a slot, a member leaves an empty record (mprof.go says so of
// needm). Here extra.lock orders them: whoever stops the world takes it once all Ps have stopped
// and holds it until the world starts. So n, `active` and who is a member change at once for them
// too: a context that comes is marked before it leaves dead-extra, one that goes is recorded
// before.
#include "rt_impl.h"

enum { POINTS_IN_C = 2 }; // spent by a thread before each call

struct foreign {
    struct rt_foreign plan;
    uint64_t path;    // of the thread, as the creator of its calls
    uint32_t calls;   // begun so far; [owner]
    struct g *g;      // the context that it has, or NULL; [owner]
    bool more;        // the call that ended was not the last; [owner]
    bool counts_idle; // of a mutant: its context is idle and not retired; [owner]
};

void rt_extra_hold(struct rt *rt) {
    rt->extra.held = rt->extra.threads != 0;
    if (rt->extra.held)
        rt_lock(&rt->extra.lock, SITE_extra_lock);
}

void rt_extra_let(struct rt *rt) {
    if (rt->extra.held)
        rt_unlock(&rt->extra.lock, SITE_extra_unlock);
}

// ---- contexts -----------------------------------------------------------------------------------

static enum g_status pooled(struct rt *rt) {
    return trait(rt, extra_plain_dead) ? GDEAD : GDEADEXTRA;
}

// Make a context ahead (proc.go oneNewExtraM). On a goroutine, with a P. NULL: no stack.
static struct g *make(struct m *mp) {
    struct rt *rt = mp->rt;
    rt_acquirem(); // allgs and ngsys change at once for whoever stops the world
    struct g *gp = rt_allocate(mp);
    if (gp != NULL) {
        os_poke_u32(&gp->service, TRACE_FOREIGN);
        if (pooled(rt) != GDEAD)
            rt_cas_status(gp, GDEAD, pooled(rt), SITE_extra_status);
        if (!mutant(rt, extra_not_counted)) // while it is in the pool it is no goroutine (#16631)
            os_add_u32(&rt->sched.ngsys, 1, SITE_system_count);
    }
    rt_releasem(mp);
    return gp;
}

// What runs on the context's stack during a call.
static void call_main(void *argument);

// A new life: gp is mp's from here on, in a system call. Holding extra.lock.
static void begin_locked(struct m *mp, struct g *gp) {
    struct rt *rt = mp->rt;
    struct foreign *foreign = mp->foreign;
    context_make(&gp->context, gp->stack, stack_size(), call_main, gp);
    struct context_frame frame = context_frame(&gp->context);
    gp->syscall = (struct stack_map){frame.pc, frame.sp, frame.sp}; // two words of zero lie there
    gp->os = (struct os_context){.path = path_child(foreign->path, ++foreign->calls, false)};
    gp->progress = 0;
    gp->room = STACK_ROOM_MIN;
    gp->lockedm = mp;
    gp->creator = 0;
    gp->goid = os_add_u32(&rt->goid, 1, SITE_goid) + 1;
    os_set_watched_id(&gp->status, gp->goid);
    os_set_watched_id(&gp->profiled, gp->goid);
    rt_event(mp, TRACE_go_create, gp->goid, 0, gp->place, TRACE_FOREIGN, gp->os.path);
    rt_pass_by_profile(mp, gp);
    rt_cas_status(gp, pooled(rt), GSYSCALL, SITE_extra_status);
    os_add_u32(&rt->sched.ngsys, (uint32_t)-1, SITE_system_count);
    mp->lockedg = mp->curg = gp;
    mp->lock_count = 0;
}

// Back to where no call uses it. Holding extra.lock.
static void retire_locked(struct m *mp, struct g *gp) {
    rt_cas_status(gp, GSYSCALL, pooled(mp->rt), SITE_extra_status);
    os_add_u32(&mp->rt->sched.ngsys, 1, SITE_system_count);
    context_forget(&gp->context);
}

// The end of the life: the call is over. Holding extra.lock.
static void end_locked(struct m *mp, struct g *gp) {
    struct rt *rt = mp->rt;
    if (!mutant(rt, detach_without_record))
        rt_profile_leave(gp);
    rt_event(mp, TRACE_go_exit, gp->goid, 0, 0, TRACE_ROLE_USER, 0);
    if (!mutant(rt, foreign_labels_persist))
        gp->label = 0;
    ASSERT(gp->frames == NULL); // the body has left it so
    gp->lockedm = NULL;
    mp->lockedg = NULL;
    mp->foreign->counts_idle = mp->foreign->plan.bound && mutant(rt, bound_idle_counted);
    if (!mp->foreign->counts_idle)
        retire_locked(mp, gp);
}

// (proc.go needm) The thread's own context, or one of the pool: one was made for each thread.
static struct g *attach(struct m *mp) {
    struct rt *rt = mp->rt;
    struct foreign *foreign = mp->foreign;
    rt_lock(&rt->extra.lock, SITE_extra_lock);
    struct g *gp = foreign->g;
    if (gp == NULL) {
        gp = foreign->g = rt->extra.free;
        rt->extra.free = gp->sched_next;
    } else if (foreign->counts_idle) {
        retire_locked(mp, gp);
    }
    begin_locked(mp, gp);
    rt_unlock(&rt->extra.lock, SITE_extra_unlock);
    return gp;
}

// (proc.go dropm)
static void give_back_locked(struct m *mp) {
    struct foreign *foreign = mp->foreign;
    foreign->g->sched_next = mp->rt->extra.free;
    mp->rt->extra.free = foreign->g;
    foreign->g = NULL;
}

// ---- calls --------------------------------------------------------------------------------------

static struct g *leave(struct m *mp, struct g *gp, void *argument) {
    struct rt *rt = mp->rt;
    (void)argument;
    rt_drop_g(mp);
    rt_lock(&rt->extra.lock, SITE_extra_lock);
    end_locked(mp, gp);
    if (!mp->foreign->plan.bound)
        give_back_locked(mp);
    rt_unlock(&rt->extra.lock, SITE_extra_unlock);
    // The P is only lent, and the thread may not come back: what sysmon does a little later.
    struct p *pp = mp->old_p;
    uint32_t status = PSYSCALL;
    mp->old_p = NULL;
    if (pp != NULL && os_cas_u32(&pp->status, &status, PIDLE, SITE_p_take)) {
        rt_acquire_p(mp, pp);
        rt_give_p(mp);
    }
    return NULL;
}

static void call_main(void *argument) {
    (void)argument;
    rt_syscall_exit();
    struct foreign *foreign = rt_m()->foreign; // the thread is the same until the call returns
    foreign->more = foreign->plan.call(foreign->plan.argument);
    rt_syscall_enter(false);
    rt_mcall(leave, NULL);
}

// The thread is about to end; a context that it is bound to goes back. Then nobody may be left.
static void end_thread(struct m *mp) {
    struct rt *rt = mp->rt;
    if (mp->foreign->g != NULL) {
        rt_lock(&rt->extra.lock, SITE_extra_lock);
        if (mp->foreign->counts_idle)
            retire_locked(mp, mp->foreign->g);
        give_back_locked(mp);
        rt_unlock(&rt->extra.lock, SITE_extra_unlock);
    }
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    rt->sched.foreign--;
    rt->sched.locked--;
    rt->sched.ended++;
    rt_checkdead_locked(rt, mp);
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
}

static void thread_main(void *self) {
    struct m *mp = self;
    struct foreign *foreign = mp->foreign;
    context_here(&mp->g0);
    do {
        rt_context(mp, &mp->os);
        os_op_begin();
        for (int i = 0; i < POINTS_IN_C; i++)
            os_yield(SITE_foreign);
        struct g *gp = attach(mp);
        rt_context(mp, &gp->os);
        rt_run(mp, gp);
        if (mp->lockedg != NULL) // the run has ended inside the call
            return;
    } while (foreign->more && foreign->calls < foreign->plan.calls);
    end_thread(mp);
}

bool rt_foreign_start(struct rt_foreign plan) {
    rt_keep_names();
    struct m *mp = rt_m();
    struct rt *rt = mp->rt;
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    bool room = rt->extra.threads < RT_FOREIGN_MAX;
    rt->extra.threads += room;
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    struct g *gp = room && plan.calls > 0 ? make(mp) : NULL;
    if (gp == NULL)
        return false;
    struct foreign *foreign = ARENA_NEW(rt->config.arena, struct foreign);
    foreign->plan = plan;
    foreign->path = rt_child_name(mp).path;
    rt_lock(&rt->extra.lock, SITE_extra_lock);
    gp->sched_next = rt->extra.free;
    rt->extra.free = gp;
    rt_unlock(&rt->extra.lock, SITE_extra_unlock);
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    struct m *fresh = &rt->ms[rt->sched.ms_count];
    fresh->id = rt->sched.ms_count++;
    rt->sched.foreign++;
    rt->sched.locked++;
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    fresh->rt = rt;
    fresh->foreign = foreign;
    fresh->os.path = path_child(foreign->path, 1, true);
    os_thread_start(thread_main, fresh, &fresh->os, SITE_thread_start);
    return true;
}
