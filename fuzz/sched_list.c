// Placeholder.
extern int sched_list_placeholder;
