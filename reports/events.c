// Placeholder.
extern int events_placeholder;
