// The oracle against any bytes read as a trace: cut, reordered, hostile. It must give a verdict,
// the same one twice, and keep to the memory of the trace. trace_fuzz.c is built for libFuzzer in
// that preset (gproof-trace-fuzz), and trace_fuzz_test.c drives it by chance alone, under ASan and
// UBSan.
#ifndef GPROOF_TRACE_FUZZ_H
#define GPROOF_TRACE_FUZZ_H

#include <stddef.h>
#include <stdint.h>

enum { TRACE_FUZZ_BYTES_MAX = 1 << 14 };

// libFuzzer's entry: judge the trace that the bytes stand for. The first byte says how the run
// ended, the second whether the rest is events as they are (odd), or edits of one of the stories of
// the tests (even), which get further. Aborts when the oracle breaks a promise of oracle.h. Returns
// 0.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#endif
