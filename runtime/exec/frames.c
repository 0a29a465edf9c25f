// Placeholder.
extern int frames_placeholder;
