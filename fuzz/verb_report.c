#include "verb.h"

#include "campaign_files.h"
#include "image.h"
#include "request.h"

#include <stdio.h>
#include <string.h>

static const char help_text[] =
    "usage: gproof report FILE [OPTIONS]\n"
    "\n"
    "Make a file from a run: FILE is the folder of a finding, or a workload as bytes or text. It "
    "is "
    "run\n"
    "again, and what happened is written in the format asked for.\n"
    "\n"
    "  --format F        text    the story, as replay prints it (default)\n"
    "                    html    one page: how it came about, timeline, table; needs nothing "
    "else\n"
    "                    json    verdict, facts and profiles as one object\n"
    "                    debug1  a goroutine profile of the run, as Go's debug=1: text, "
    "aggregated\n"
    "                    debug2  a dump of all stacks (op stacks), as Go's debug=2\n"
    "                    pprof   a goroutine profile as debug=0, for go tool pprof: protobuf, "
    "gzipped\n"
    "                    junit, sarif  for CI and code hosts\n"
    "                    perfetto      trace events for ui.perfetto.dev\n"
    "  --profile K       which profile of the run, by its number, or which dump, counted from 1\n"
    "                    (default: the one that the violation is about, else the first)\n"
    "  --out FILE        write it there instead of on stdout\n" REQUEST_HELP_TEXT "\n"
    "examples: gproof report out/hunt      gproof report out/hunt/findings/count-exact-471ee330\n"
    "          gproof report FINDING --format html --out page.html\n"
    "          gproof report corpus/seeds/labels.txt --format pprof --out labels.pb.gz\n"
    "          go tool pprof -top labels.pb.gz\n"
    "exit: 0 the file is made, 2 usage, or there is no such profile, 3 environment\n";

// What a format is made from.
struct source {
    struct report_run run;
    const char *file;
    uint32_t number; // of the profile; 0 = choose
    uint32_t width;
    bool colour;
};

struct format {
    const char *name;
    bool (*write)(const struct source *source, struct strbuf *out); // false: said what is wrong
};

// ---- formats ------------------------------------------------------------------------------------

static bool write_text(const struct source *source, struct strbuf *out) {
    report_story(out, &source->run, source->width, source->colour);
    return true;
}

static bool write_json(const struct source *source, struct strbuf *out) {
    struct image image;
    image_read(&image);
    report_json(out, &source->run, &image.program);
    return true;
}

static bool write_html(const struct source *source, struct strbuf *out) {
    struct image image;
    image_read(&image);
    report_page(out, &source->run, &image.program);
    return true;
}

// A finding's text is what people open; a workload is given as they named it.
static bool write_sarif(const struct source *source, struct strbuf *out) {
    struct strbuf file = {0};
    strbuf_printf(&file, "%s%s", source->file, finding_is_folder(source->file) ? "/input.txt" : "");
    report_sarif(out, &source->run, file.text);
    strbuf_fini(&file);
    return true;
}

static bool write_perfetto(const struct source *source, struct strbuf *out) {
    report_perfetto(out, &source->run);
    return true;
}

static bool write_junit(const struct source *source, struct strbuf *out) {
    report_junit(out, &source->run);
    return true;
}

// The profile that was asked for; false: there is none, and it is said which there are.
static bool choose_profile(const struct source *source, struct profile *profile) {
    const struct trace *trace = source->run.trace;
    const struct verdict *verdict = source->run.verdict;
    uint32_t number = source->number;
    if (number == 0)
        number = profile_choose(trace, verdict->count != 0 ? verdict->violations[0].event : 0);
    if (profile_read(profile, trace, number)) {
        if (profile->ok)
            return true;
        fprintf(stderr, "%s: profile %u counts n = %u, its buffer was too small for any record\n",
                source->file, number, profile->n);
        profile_fini(profile);
        return false;
    }
    fprintf(stderr, "%s: ", source->file);
    if (number != 0)
        fprintf(stderr, "--profile %u: expected one that came back to its caller:", number);
    else
        fprintf(stderr, "no profile came back to its caller");
    for (uint32_t i = 0; i < trace->count; i++)
        if (profile_came_back(&trace->events[i]))
            fprintf(stderr, " %u", trace->events[i].object);
    fprintf(stderr, "\n");
    return false;
}

static bool write_debug1(const struct source *source, struct strbuf *out) {
    struct profile profile;
    struct image image;
    if (!choose_profile(source, &profile))
        return false;
    image_read(&image);
    profile_text(out, &profile, &image.program);
    profile_fini(&profile);
    return true;
}

static bool write_debug2(const struct source *source, struct strbuf *out) {
    const struct trace *trace = source->run.trace;
    const struct verdict *verdict = source->run.verdict;
    uint32_t event = verdict->count != 0 ? verdict->violations[0].event : 0;
    uint32_t number = source->number != 0 ? source->number : profile_stacks_choose(trace, event);
    struct image image;
    image_read(&image);
    if (profile_stacks_text(out, trace, number, &image.program))
        return true;
    if (source->number == 0)
        fprintf(stderr, "%s: no dump of all stacks came back to its caller; the op is 'stacks'\n",
                source->file);
    else
        fprintf(stderr, "%s: --profile %u: expected one of the %u dumps of all stacks\n",
                source->file, number, profile_stacks_choose(trace, UINT32_MAX));
    return false;
}

static bool write_pprof(const struct source *source, struct strbuf *out) {
    struct profile profile;
    struct image image;
    if (!choose_profile(source, &profile))
        return false;
    image_read(&image);
    profile_pprof(out, &profile, &image.program, source->run.replay);
    profile_fini(&profile);
    return true;
}

static const struct format formats[] = {
    {"text", write_text},     {"html", write_html},     {"json", write_json},
    {"debug1", write_debug1}, {"debug2", write_debug2}, {"pprof", write_pprof},
    {"junit", write_junit},   {"sarif", write_sarif},   {"perfetto", write_perfetto},
};
enum { FORMATS = sizeof formats / sizeof formats[0] };

// ---- the verb -----------------------------------------------------------------------------------

struct maker {
    struct request request;
    const struct format *format;
    const char *file, *out;
    uint64_t number;
    struct workload workload;
    struct subject subject;
    struct trial trial;
};

enum { OPTION_FORMAT = 256, OPTION_PROFILE, OPTION_OUT };
static const struct option options[] = {{"format", required_argument, NULL, OPTION_FORMAT},
                                        {"profile", required_argument, NULL, OPTION_PROFILE},
                                        {"out", required_argument, NULL, OPTION_OUT},
                                        REQUEST_OPTIONS,
                                        {0}};

static bool take_format(struct maker *maker, const char *name) {
    const char *names[FORMATS];
    int index;
    for (int i = 0; i < FORMATS; i++)
        names[i] = formats[i].name;
    if (!option_word("--format", name, names, FORMATS, &index))
        return false;
    maker->format = &formats[index];
    return true;
}

static bool take(struct maker *maker, int option) {
    switch (option) {
    case OPTION_FORMAT:
        return take_format(maker, optarg);
    case OPTION_PROFILE:
        return option_uint("--profile", optarg, 1, UINT32_MAX, &maker->number);
    case OPTION_OUT:
        maker->out = optarg;
        return true;
    case REQUEST_JSON:
        return take_format(maker, "json");
    default:
        return request_take(&maker->request, option);
    }
}

static int put(const struct maker *maker, const struct strbuf *bytes) {
    if (maker->out != NULL) {
        int error = file_write(maker->out, bytes->text, bytes->size);
        if (error != 0)
            fprintf(stderr, "%s: %s\n", maker->out, strerror(error));
        return error != 0 ? VERB_ENVIRONMENT : VERB_NOTHING_FOUND;
    }
    if (fwrite(bytes->text, 1, bytes->size, stdout) == bytes->size && fflush(stdout) == 0)
        return VERB_NOTHING_FOUND;
    perror("stdout");
    return VERB_ENVIRONMENT;
}

// The trial borrows its trace from the sandbox: the file is made before that goes.
static int run(struct maker *maker) {
    struct sandbox_config config = {.subject = &maker->subject,
                                    .judge_every = maker->request.judge_every,
                                    .seed = maker->request.seed};
    struct sandbox *sandbox = sandbox_new(&config);
    struct trial *trial = &maker->trial;
    int code = VERB_ENVIRONMENT;
    if (sandbox != NULL && sandbox_run(sandbox, &maker->workload, false, trial)) {
        struct strbuf replay = {0}, out = {0};
        request_replay_command(maker->file, &maker->subject, &replay);
        const struct source source = {.run = finding_run(&maker->workload, trial, replay.text),
                                      .file = maker->file,
                                      .number = (uint32_t)maker->number,
                                      .width = request_width(),
                                      .colour = maker->out == NULL && request_colour()};
        code = maker->format->write(&source, &out) ? put(maker, &out) : VERB_USAGE;
        strbuf_fini(&replay);
        strbuf_fini(&out);
    }
    sandbox_free(sandbox);
    return code;
}

// The page of a campaign lies in its folder, beside what it links to.
static int run_campaign(const struct maker *maker) {
    if (maker->format != NULL || maker->out != NULL || maker->number != 0) {
        fprintf(stderr,
                "%s: the folder of a campaign, whose page is report.html in it: expected none of "
                "--format, --out, --profile; or name one of its findings\n",
                maker->file);
        return VERB_USAGE;
    }
    if (campaign_page_write(maker->file) != 0)
        return VERB_ENVIRONMENT;
    struct strbuf name = {0};
    campaign_page_name(maker->file, &name);
    printf("%s\n", name.text);
    strbuf_fini(&name);
    return VERB_NOTHING_FOUND;
}

int verb_report(int argc, char **argv) {
    static struct maker maker; // large, and the verb runs once
    request_init(&maker.request);
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == REQUEST_HELP) {
            fputs(help_text, stdout);
            return VERB_NOTHING_FOUND;
        }
        if (!take(&maker, option))
            return VERB_USAGE;
    }
    if (optind != argc - 1) {
        fprintf(stderr, "%s: expected a FILE; see --help\n", argv[0]);
        return VERB_USAGE;
    }
    maker.file = argv[optind];
    if (campaign_is_folder(maker.file))
        return run_campaign(&maker);
    if (!request_load(&maker.request, maker.file, &maker.workload, &maker.subject))
        return VERB_USAGE;
    if (maker.format == NULL)
        maker.format = &formats[0];
    return run(&maker);
}
