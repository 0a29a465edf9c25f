// Placeholder.
extern int sched_random_placeholder;
