// Placeholder.
extern int exec_virtual_placeholder;
