// Placeholder.
extern int virtual_placeholder;
