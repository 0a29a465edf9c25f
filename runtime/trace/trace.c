// Placeholder.
extern int trace_placeholder;
