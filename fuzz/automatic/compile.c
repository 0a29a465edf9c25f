#include "compile.h"

#include "process.h"

#include <clang-c/CXCompilationDatabase.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TARGET "gproof-target-virtual-loop"

enum { LINK_LINE_MAX = 1 << 20 };

static char *copy(const char *text) {
    char *copied = strdup(text);
    if (copied == NULL) {
        perror("compile");
        abort();
    }
    return copied;
}

// ---- the command --------------------------------------------------------------------------------

static void add(struct compile *compile, const char *argument) {
    if (compile->count < COMPILE_ARGUMENTS_MAX - 1)
        compile->arguments[compile->count++] = copy(argument);
}

static bool takes_value(const char *option) {
    return strcmp(option, "-o") == 0 || strcmp(option, "-MF") == 0 || strcmp(option, "-MT") == 0;
}

// What of a command says how to compile, and not what, whereto, or what else to write.
static void take_arguments(struct compile *compile, CXCompileCommand command) {
    unsigned count = clang_CompileCommand_getNumArgs(command);
    bool options = false;
    for (unsigned i = 0; i < count; i++) {
        CXString string = clang_CompileCommand_getArg(command, i);
        const char *argument = clang_getCString(string);
        options = options || argument[0] == '-'; // before the first stand compiler and launcher
        if (takes_value(argument))
            i++;
        else if (options && strcmp(argument, "--") == 0)
            i = count;
        else if (options && strncmp(argument, "-M", 2) != 0 && strcmp(argument, "-c") != 0 &&
                 strcmp(argument, "-Werror") != 0 && strcmp(argument, compile->path) != 0)
            add(compile, argument);
        clang_disposeString(string);
    }
}

static bool is_virtual(CXCompileCommand command) {
    unsigned count = clang_CompileCommand_getNumArgs(command);
    bool found = false;
    for (unsigned i = 0; i < count && !found; i++) {
        CXString argument = clang_CompileCommand_getArg(command, i);
        found = strstr(clang_getCString(argument), "_virtual.dir/") != NULL;
        clang_disposeString(argument);
    }
    return found;
}

static bool find_command(struct compile *compile, CXCompilationDatabase database) {
    CXCompileCommands commands =
        clang_CompilationDatabase_getCompileCommands(database, compile->path);
    unsigned count = commands != NULL ? clang_CompileCommands_getSize(commands) : 0;
    bool found = false;
    for (unsigned i = 0; i < count && !found; i++) {
        CXCompileCommand command = clang_CompileCommands_getCommand(commands, i);
        found = is_virtual(command);
        if (found)
            take_arguments(compile, command);
    }
    if (commands != NULL)
        clang_CompileCommands_dispose(commands);
    return found;
}

// The last of the commands that ninja would run for the target.
static bool find_link(struct compile *compile) {
    char *arguments[] = {"ninja", "-C", compile->build, "-t", "commands", TARGET, NULL};
    struct strbuf said = {0};
    if (!process_output(arguments, LINK_LINE_MAX, &said)) {
        strbuf_fini(&said);
        return false;
    }
    while (said.size != 0 && said.text[said.size - 1] == '\n')
        said.text[--said.size] = '\0';
    const char *last = said.size != 0 ? strrchr(said.text, '\n') : NULL;
    compile->link = copy(last != NULL ? last + 1 : said.size != 0 ? said.text : "");
    strbuf_fini(&said);
    return strstr(compile->link, "-o bin/" TARGET) != NULL;
}

bool compile_open(struct compile *compile, const char *build, const char *path, bool *known) {
    char real[PATH_MAX];
    *known = true;
    *compile = (struct compile){.build = copy(build)};
    if (realpath(path, real) == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    compile->path = copy(real);
    CXCompilationDatabase_Error error;
    CXCompilationDatabase database = clang_CompilationDatabase_fromDirectory(build, &error);
    *known = error == CXCompilationDatabase_NoError;
    if (!*known) {
        fprintf(stderr, "%s: no compile_commands.json; build the fuzz target there first\n", build);
        return false;
    }
    bool found = find_command(compile, database);
    clang_CompilationDatabase_dispose(database);
    if (!found) {
        fprintf(stderr, "%s: no source of the virtual world in this tree (%s)\n", path, build);
        return false;
    }
    *known = find_link(compile);
    if (!*known)
        fprintf(stderr, "%s: ninja tells no link line of %s\n", build, TARGET);
    return *known;
}

void compile_close(struct compile *compile) {
    for (int i = 0; i < compile->count; i++)
        free(compile->arguments[i]);
    free(compile->build);
    free(compile->path);
    free(compile->link);
    *compile = (struct compile){0};
}

// ---- its use ------------------------------------------------------------------------------------

// Compiled in its folder under its plain name, so that nothing in the object tells which folder it
// was; without debug information, so that equal code is equal bytes.
bool compile_object(const struct compile *compile, const char *folder, const char *text,
                    size_t size, struct strbuf *object) {
    char *name = strrchr(compile->path, '/') + 1;
    struct strbuf source = {0}, log = {0}, home = {0};
    strbuf_printf(&source, "%s/%s", folder, name);
    strbuf_printf(&log, "%s/compiler.log", folder);
    strbuf_printf(&home, "%.*s", (int)(name - 1 - compile->path), compile->path);
    strbuf_printf(object, "%s/%s.o", folder, name);
    char *arguments[COMPILE_ARGUMENTS_MAX + 12] = {"clang"};
    int count = 1;
    for (int i = 0; i < compile->count; i++)
        arguments[count++] = compile->arguments[i];
    char *more[] = {"-iquote", home.text, "-w", "-g0", "-c", name, "-o", "object.o", NULL};
    memcpy(&arguments[count], more, sizeof more);
    int error = file_write(source.text, text, size);
    if (error != 0)
        fprintf(stderr, "%s: %s\n", source.text, strerror(error));
    struct process_config config = {
        .arguments = arguments, .folder = folder, .log = log.text, .seconds = 60};
    struct process_end end;
    bool ok =
        error == 0 && process_run(&config, &end) && end.kind == PROCESS_EXITED && end.code == 0;
    if (ok) {
        strbuf_clear(&source);
        strbuf_printf(&source, "%s/object.o", folder);
        ok = rename(source.text, object->text) == 0;
    }
    strbuf_fini(&source);
    strbuf_fini(&log);
    strbuf_fini(&home);
    return ok;
}

bool compile_target(const struct compile *compile, const char *folder, const char *object,
                    struct strbuf *target) {
    static const char output[] = "-o bin/" TARGET;
    const char *at = strstr(compile->link, output);
    struct strbuf line = {0}, log = {0};
    strbuf_printf(target, "%s/target", folder);
    strbuf_printf(&log, "%s/linker.log", folder);
    strbuf_printf(&line, "%.*s-o '%s' '%s'%s", (int)(at - compile->link), compile->link,
                  target->text, object, at + strlen(output));
    char *arguments[] = {"sh", "-c", line.text, NULL};
    struct process_config config = {
        .arguments = arguments, .folder = compile->build, .log = log.text, .seconds = 60};
    struct process_end end;
    bool ok = process_run(&config, &end) && end.kind == PROCESS_EXITED && end.code == 0;
    if (!ok)
        fprintf(stderr, "the fuzz target cannot be linked; see %s\n", log.text);
    strbuf_fini(&line);
    strbuf_fini(&log);
    return ok;
}
