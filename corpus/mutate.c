// Placeholder.
extern int mutate_placeholder;
