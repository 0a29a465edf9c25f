// Placeholder.
extern int codec_placeholder;
