// Placeholder.
extern int posix_placeholder;
