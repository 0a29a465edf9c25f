// Placeholder.
extern int exec_posix_placeholder;
