// Placeholder.
extern int trace_test_placeholder;
