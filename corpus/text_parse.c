// Placeholder.
extern int text_parse_placeholder;
