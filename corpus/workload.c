// Placeholder.
extern int workload_placeholder;
