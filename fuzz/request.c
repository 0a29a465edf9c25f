#include "request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_DEFAULT = 120, WIDTH_MIN = 80, WIDTH_MAX = 400 };

void request_init(struct request *request) {
    *request =
        (struct request){.times = 1, .seed = 1, .seconds = 60, .judge_every = RUNNER_JUDGE_EVERY};
    subject_init(&request->subject);
    request->subject.noise = strcmp(exec_world(), "posix") == 0;
}

static bool take_judge(struct request *request) {
    uint64_t every = 1;
    if (strcmp(optarg, "all") != 0 && !option_uint("--judge", optarg, 0, 1u << 20, &every))
        return false;
    request->judge_every = (uint32_t)every;
    return true;
}

bool request_take(struct request *request, int option) {
    switch (option) {
    case REQUEST_MUTANT:
        return option_mutant(&request->subject, optarg);
    case REQUEST_AS:
        request->has_version = true;
        return option_version(&request->subject, optarg);
    case REQUEST_NOISE:
        request->has_noise = true;
        return option_noise("--noise", optarg, &request->subject.noise);
    case REQUEST_WORLD: // main has seen to it
        return request->has_world = true;
    case REQUEST_JSON:
        return request->json = true;
    case REQUEST_SEED:
        return option_uint("--seed", optarg, 0, UINT64_MAX, &request->seed);
    case REQUEST_TIME:
        return option_duration("--time", optarg, &request->seconds);
    case REQUEST_JUDGE:
        return take_judge(request);
    default:
        return false;
    }
}

// What the folder says, and the options on top.
static void add_options(const struct request *request, struct subject *subject) {
    if (request->has_version)
        subject_set_version(subject, request->subject.version);
    if (request->has_noise)
        subject->noise = request->subject.noise;
    const char *name;
    size_t size;
    for (size_t i = 0; subject_mutant(&request->subject, i, &name, &size); i++) {
        char id[SUBJECT_NAMES_MAX];
        snprintf(id, sizeof id, "%.*s", (int)size, name);
        subject_add_mutant(subject, id);
    }
}

bool request_load(const struct request *request, const char *name, struct workload *workload,
                  struct subject *subject) {
    char world[16] = "";
    *subject = request->subject;
    if (!finding_load(name, workload, subject, world))
        return false;
    if (world[0] == '\0')
        return true;
    add_options(request, subject);
    if (strcmp(world, exec_world()) == 0 || request->has_world)
        return true;
    fprintf(stderr,
            "%s: found in the %s world; say --world %s to run it there, --world %s to run it "
            "here\n",
            name, world, world, exec_world());
    return false;
}

void request_replay_command(const char *name, const struct subject *subject, struct strbuf *out) {
    finding_replay_command(name, out);
    if (!finding_is_folder(name)) // a folder knows its subject
        subject_options(subject, out);
}

bool request_colour(void) {
    return isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
}

uint32_t request_width(void) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return WIDTH_DEFAULT;
    return size.ws_col < WIDTH_MIN ? WIDTH_MIN : size.ws_col > WIDTH_MAX ? WIDTH_MAX : size.ws_col;
}
