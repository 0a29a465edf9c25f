// Placeholder.
extern int stack_placeholder;
