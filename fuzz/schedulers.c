// Placeholder.
extern int schedulers_placeholder;
