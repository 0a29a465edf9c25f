// Placeholder.
extern int text_print_placeholder;
