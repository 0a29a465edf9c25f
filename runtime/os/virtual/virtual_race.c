// A planted data race and a program without one. See virtual_race.h.
#include "virtual_race.h"
#include "os_atomic.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct os_context context;
static struct os_mutex mutex;
static struct os_note note;
static struct os_u32 word;
static int plain; // what they fight for

void race_setup(void) {
    context = (struct os_context){.path = 99};
    mutex = (struct os_mutex){0};
    note = (struct os_note){0};
    os_init_u32(&word, 0);
    plain++;
}

static void racing(void *self) {
    (void)self;
    plain++;
}

void race_program(void *self) {
    (void)self;
    os_thread_start(racing, NULL, &context, SITE_thread_start);
    os_yield(SITE_test); // orders nothing
    plain++;
}

static void ordered(void *self) {
    (void)self;
    os_mutex_lock(&mutex, SITE_test);
    plain++;
    os_mutex_unlock(&mutex, SITE_test);
    while (os_load_u32(&word, OS_ACQUIRE, SITE_test) == 0)
        os_yield(SITE_spin);
    plain++; // behind the store
    os_note_wake(&note, SITE_test);
}

void race_ordered_program(void *self) {
    (void)self;
    plain++; // before the start
    os_thread_start(ordered, NULL, &context, SITE_thread_start);
    os_yield(SITE_test);
    os_mutex_lock(&mutex, SITE_test);
    plain++;
    os_mutex_unlock(&mutex, SITE_test);
    os_store_u32(&word, 1, OS_RELEASE, SITE_test);
    os_note_sleep(&note, SITE_test);
    plain++; // behind the wake
}

int race_status(const char *argument) {
    pid_t child = fork();
    if (child == 0) {
        setenv("TSAN_OPTIONS", "exitcode=66:log_path=/dev/null", 1);
        execl("/proc/self/exe", "virtual_test", argument, (char *)NULL);
        _exit(127);
    }
    int status;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}
