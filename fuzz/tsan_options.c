// What a ThreadSanitizer build of the target and the verbs starts with. Not instrumented: the
// sanitizer calls it before it is ready (with clang 14 an instrumented one crashes at start).
//
// halt_on_error: without it engines save nothing, or the wrong input; with it a race ends the
// process, and the campaign replays the input that was running in a fresh one, whose report becomes
// the finding's last words. The other two: one process must report a race again that it has
// reported before.
const char *__tsan_default_options(void);

const char *__tsan_default_options(void) {
    return "halt_on_error=1:exitcode=66:suppress_equal_stacks=0:suppress_equal_addresses=0";
}
