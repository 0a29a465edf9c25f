// Placeholder.
extern int context_switch_placeholder;
