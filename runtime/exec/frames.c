// The frame functions: real C frames, one symbol for each frame id, so that a captured stack is a
// list of return addresses that can be told apart. They stand in a section of their own: its bounds
// separate them from all other code with two comparisons.
#include "exec_impl.h"

#define FRAME_SECTION "gproof_frames"

extern const char __start_gproof_frames[], __stop_gproof_frames[]; // made by the linker

// Each passes its own id on, so that no compiler folds two of them into one. Something is left to
// do after the call, so the return address lies inside the function.
#define FRAME(id)                                                                                  \
    __attribute__((noinline, section(FRAME_SECTION))) static void frame_f##id(                     \
        struct exec_flow *flow) {                                                                  \
        struct rt_frame frame = {0};                                                               \
        rt_frame_push(&frame);                                                                     \
        exec_ops(flow, &frame, id);                                                                \
        rt_frame_pop(&frame);                                                                      \
    }
#include "frames.def"
#undef FRAME

// The line is that of FRAME(id), as in the debugger's tables.
static const struct exec_frame_info frame_infos[WORKLOAD_FRAMES] = {
#define FRAME(id)                                                                                  \
    [id] = {.name = "frame_f" #id,                                                                 \
            .file = "runtime/exec/frames.def",                                                     \
            .line = __LINE__,                                                                      \
            .entry = frame_f##id},
#include "frames.def"
#undef FRAME
};

const struct exec_frame_info *exec_frame_info(uint32_t id) {
    return &frame_infos[id];
}

void exec_call_frame(struct exec_flow *flow, uint32_t id) {
    frame_infos[id].entry(flow);
}

// The function with the greatest start below pc: no table that would have to be sorted at run time.
// Compilers and linkers may place the functions in any order.
int exec_frame_of(uintptr_t pc) {
    if (pc <= (uintptr_t)__start_gproof_frames || pc > (uintptr_t)__stop_gproof_frames)
        return -1;
    uintptr_t best = 0;
    int id = -1;
    for (int i = 0; i < WORKLOAD_FRAMES; i++) {
        uintptr_t start = (uintptr_t)frame_infos[i].entry;
        if (start < pc && start > best) {
            best = start;
            id = i;
        }
    }
    return id;
}
