// Placeholder.
extern int exec_placeholder;
