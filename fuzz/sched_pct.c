// Placeholder.
extern int sched_pct_placeholder;
