// From a source to the program that hunts it: the compile command of the build folder, used again
// for a changed copy, and the link line of the fuzz target with the changed object before the
// libraries, so that it takes the place of the library's own. One build folder (one
// instrumentation) each. Files are written into the folder that is named, nothing of the build
// folder changes. Not thread-safe.
#ifndef GPROOF_COMPILE_H
#define GPROOF_COMPILE_H

#include "strbuf.h"

#include <stdint.h>

enum { COMPILE_ARGUMENTS_MAX = 128 };

struct compile {
    char *build;                            // folder; owned
    char *path;                             // of the source, absolute; owned
    char *arguments[COMPILE_ARGUMENTS_MAX]; // without input and output; owned
    int count;
    char *link; // the shell command that links the target; owned
};

// Find out how the source is compiled for the virtual world in the build folder and how its fuzz
// target is linked. False with a message on stderr: *known tells whether the build folder has a
// database at all (then the source is none of the tree's) or not (environment).
bool compile_open(struct compile *compile, const char *build, const char *path, bool *known);
void compile_close(struct compile *compile);

// Compile the text as folder/NAME.o, NAME being the source's own. False if it does not compile;
// what the compiler said is in folder/compiler.log.
bool compile_object(const struct compile *compile, const char *folder, const char *text,
                    size_t size, struct strbuf *object);

// Link that object into folder/target. False with a message on stderr.
bool compile_target(const struct compile *compile, const char *folder, const char *object,
                    struct strbuf *target);

#endif
