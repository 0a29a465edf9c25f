// Placeholder.
extern int path_placeholder;
