#include "corpus_verbs.h"

#include "generate.h"
#include "rng.h"
#include "strbuf.h"
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

// ---- writing ------------------------------------------------------------------------------------

static enum exit_code write_out(const char *file, const void *bytes, size_t size) {
    int failed = 0;
    if (file != NULL)
        failed = file_write(file, bytes, size);
    else if (fwrite(bytes, 1, size, stdout) != size || fflush(stdout) != 0)
        failed = errno;
    if (failed == 0)
        return EXIT_GOOD;
    fprintf(stderr, "%s: cannot write: %s\n", file != NULL ? file : "stdout", strerror(failed));
    return EXIT_ENVIRONMENT;
}

static void add_text(struct strbuf *out, const struct workload *workload, const char *comment) {
    char text[WORKLOAD_TEXT_MAX];
    size_t size = workload_print(workload, comment, text, sizeof text);
    if (size < sizeof text) {
        strbuf_add(out, text, size);
        return;
    }
    workload_print(workload, NULL, text, sizeof text); // a comment longer than the room there is
    strbuf_puts(out, text);
}

static void add_bytes(struct strbuf *out, const struct workload *workload) {
    uint8_t bytes[WORKLOAD_BYTES_MAX];
    size_t size = workload_encode(workload, bytes, sizeof bytes);
    strbuf_add(out, (const char *)bytes, size);
}

static bool need_one_file(const struct corpus_options *options, const char *verb) {
    if (options->files.count == 1)
        return true;
    fprintf(stderr, "gproof-corpus %s: expected one file, found %zu\n", verb, options->files.count);
    return false;
}

// ---- fmt and check ------------------------------------------------------------------------------

// The comment lines at the head of a text, without their marks.
static void head_comment(const char *text, struct strbuf *comment) {
    while (*text != '\0') {
        const char *line = text + strspn(text, " \t\r");
        size_t size = strcspn(line, "\n");
        text = line + size + (line[size] == '\n');
        if (*line == '#') {
            size_t skip = size > 1 && line[1] == ' ' ? 2 : 1;
            strbuf_add(comment, line + skip, size - skip);
            strbuf_add(comment, "\n", 1);
        } else if (size > 0 && strncmp(line, "gproof", 6) != 0) {
            return;
        }
    }
}

static enum exit_code fmt_file(const struct corpus_options *options, const char *file) {
    struct workload workload;
    struct strbuf contents = {0}, comment = {0}, out = {0};
    if (!workload_load(&workload, file))
        return EXIT_INPUT;
    bool is_stream = strcmp(file, "/dev/stdin") == 0; // read already: its comment is lost
    if (!is_stream && file_read(file, WORKLOAD_FILE_MAX, &contents) == 0)
        head_comment(contents.text, &comment);
    add_text(&out, &workload, comment.text);
    enum exit_code code;
    if (options->write && (is_stream || memchr(contents.text, '\0', contents.size) != NULL ||
                           strstr(contents.text, "gproof") == NULL)) {
        fprintf(stderr, "%s: bytes, not text: use decode\n", file);
        code = EXIT_INPUT;
    } else {
        code = write_out(options->write ? file : NULL, out.text, out.size);
    }
    strbuf_fini(&contents);
    strbuf_fini(&comment);
    strbuf_fini(&out);
    return code;
}

enum exit_code corpus_fmt(const struct corpus_options *options) {
    enum exit_code worst = EXIT_GOOD;
    for (size_t i = 0; i < options->files.count; i++) {
        enum exit_code code = fmt_file(options, options->files.names[i]);
        worst = code > worst ? code : worst;
    }
    return worst;
}

enum exit_code corpus_check(const struct corpus_options *options) {
    size_t bad = 0;
    for (size_t i = 0; i < options->files.count; i++) {
        struct workload workload;
        bad += !workload_load(&workload, options->files.names[i]);
    }
    fprintf(stderr, "%zu of %zu files are well-formed\n", options->files.count - bad,
            options->files.count);
    return bad == 0 ? EXIT_GOOD : EXIT_INPUT;
}

// ---- encode and decode --------------------------------------------------------------------------

static enum exit_code convert(const struct corpus_options *options, const char *verb,
                              bool to_bytes) {
    struct workload workload;
    if (!need_one_file(options, verb) || !workload_load(&workload, options->files.names[0]))
        return EXIT_INPUT;
    struct strbuf out = {0};
    if (to_bytes)
        add_bytes(&out, &workload);
    else
        add_text(&out, &workload, NULL);
    enum exit_code code = write_out(options->out, out.text, out.size);
    strbuf_fini(&out);
    return code;
}

enum exit_code corpus_encode(const struct corpus_options *options) {
    return convert(options, "encode", true);
}

enum exit_code corpus_decode(const struct corpus_options *options) {
    return convert(options, "decode", false);
}

// ---- merge --------------------------------------------------------------------------------------

// A file is named by a hash of its canonical bytes, so a value that is there already is recognised.
static void hashed_name(struct strbuf *name, const char *folder, const struct strbuf *bytes) {
    uint64_t hash = bytes->size;
    for (size_t i = 0; i < bytes->size; i++)
        hash = rng_mix(hash ^ (uint8_t)bytes->text[i]);
    strbuf_printf(name, "%s/%016" PRIx64, folder, hash);
}

static enum exit_code make_folder(const char *folder) {
    int failed = folder_create(folder);
    if (failed == 0)
        return EXIT_GOOD;
    fprintf(stderr, "%s: cannot create the folder: %s\n", folder, strerror(failed));
    return EXIT_ENVIRONMENT;
}

enum exit_code corpus_merge(const struct corpus_options *options) {
    size_t added = 0, known = 0;
    if (options->out == NULL) {
        fprintf(stderr, "gproof-corpus merge: expected --out FOLDER\n");
        return EXIT_INPUT;
    }
    enum exit_code code = make_folder(options->out), worst = code;
    for (size_t i = 0; i < options->files.count && code != EXIT_ENVIRONMENT; i++) {
        struct workload workload;
        struct strbuf bytes = {0}, name = {0};
        struct stat info;
        if (!workload_load(&workload, options->files.names[i])) {
            worst = EXIT_INPUT;
            continue;
        }
        add_bytes(&bytes, &workload);
        hashed_name(&name, options->out, &bytes);
        if (stat(name.text, &info) == 0) {
            known++;
        } else {
            code = write_out(name.text, bytes.text, bytes.size);
            added += code == EXIT_GOOD;
        }
        strbuf_fini(&bytes);
        strbuf_fini(&name);
    }
    fprintf(stderr, "%zu added to %s, %zu there already\n", added, options->out, known);
    return code > worst ? code : worst;
}

// ---- generate -----------------------------------------------------------------------------------

enum exit_code corpus_generate(const struct corpus_options *options) {
    struct rng rng = rng_seeded(options->seed);
    struct strbuf out = {0}, name = {0}, comment = {0};
    enum exit_code code = EXIT_GOOD;
    if (options->out == NULL && (options->count > 1 || options->bytes)) {
        fprintf(stderr, "gproof-corpus generate: several workloads, or bytes, need --out FOLDER\n");
        return EXIT_INPUT;
    }
    fprintf(stderr, "seed %" PRIu64 "\n", options->seed);
    if (options->out != NULL)
        code = make_folder(options->out);
    for (uint32_t i = 0; i < options->count && code == EXIT_GOOD; i++) {
        struct workload workload;
        if (options->uniform)
            workload_generate_uniform(&workload, &rng);
        else
            workload_generate(&workload, &rng);
        strbuf_clear(&out);
        strbuf_clear(&name);
        strbuf_clear(&comment);
        strbuf_printf(&comment, "generated: seed %" PRIu64 ", number %" PRIu32, options->seed,
                      i + 1);
        if (options->bytes)
            add_bytes(&out, &workload);
        else
            add_text(&out, &workload, comment.text);
        if (options->out != NULL)
            strbuf_printf(&name, "%s/%06" PRIu32 "%s", options->out, i + 1,
                          options->bytes ? "" : ".txt");
        code = write_out(options->out != NULL ? name.text : NULL, out.text, out.size);
    }
    strbuf_fini(&out);
    strbuf_fini(&name);
    strbuf_fini(&comment);
    return code;
}
