// Placeholder.
extern int minimize_placeholder;
