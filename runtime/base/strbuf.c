// Placeholder.
extern int strbuf_placeholder;
