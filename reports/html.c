#include "html.h"

#include <stdarg.h>

static const char shared_style[] =
    ":root{color-scheme:light dark;--line:#8884;--soft:#8881;--bad:#b3261e;--good:#2a7d46;"
    "--other:#b8860b;--back:#fff;--ink:#1b1d20}\n"
    "@media(prefers-color-scheme:dark){:root{--back:#16181b;--ink:#e4e6e9;--good:#3fa466;"
    "--other:#d9a52b;--bad:#e5675d}}\n"
    "body{font:14px/1.45 "
    "system-ui,sans-serif;margin:2rem;background:var(--back);color:var(--ink)}\n"
    "h1{font-size:1.5rem;margin:0 0 .5rem}h2{font-size:1.1rem;margin:2rem 0 "
    ".5rem}p{max-width:90ch}\n"
    "code,pre{font:13px/1.4 ui-monospace,monospace}pre{overflow:auto;padding:.6rem;"
    "background:var(--soft);border:1px solid var(--line)}\n"
    ".scroll{overflow:auto;max-height:85vh;border:1px solid var(--line)}\n"
    "table{border-collapse:separate;border-spacing:0}\n"
    "th,td{padding:.2rem .5rem;border-bottom:1px solid var(--line);text-align:left}\n"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\n"
    "thead th{position:sticky;top:0;background:var(--back);z-index:1;vertical-align:bottom}\n"
    ".bad{color:var(--bad);font-weight:600}.good{color:var(--good);font-weight:600}"
    ".odd{color:var(--other);font-weight:600}\n";

void html_begin(struct strbuf *out, const char *title, const char *style) {
    strbuf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width\">\n<title>gproof: ");
    html_text(out, title);
    strbuf_puts(out, "</title>\n<style>\n");
    strbuf_puts(out, shared_style);
    strbuf_puts(out, style != NULL ? style : "");
    strbuf_puts(out, "</style>\n</head>\n<body>\n<h1>");
    html_text(out, title);
    strbuf_puts(out, "</h1>\n");
}

void html_end(struct strbuf *out) {
    strbuf_puts(out, "</body>\n</html>\n");
}

void html_text(struct strbuf *out, const char *text) {
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            strbuf_puts(out, "&lt;");
            break;
        case '>':
            strbuf_puts(out, "&gt;");
            break;
        case '&':
            strbuf_puts(out, "&amp;");
            break;
        case '"':
            strbuf_puts(out, "&quot;");
            break;
        default:
            if ((unsigned char)*text < ' ' && *text != '\n' && *text != '\t')
                strbuf_puts(out, "\xef\xbf\xbd");
            else
                strbuf_add(out, text, 1);
        }
    }
}

void html_printf(struct strbuf *out, const char *format, ...) {
    struct strbuf text = {0};
    va_list arguments;
    va_start(arguments, format);
    strbuf_vprintf(&text, format, arguments);
    va_end(arguments);
    html_text(out, text.size != 0 ? text.text : "");
    strbuf_fini(&text);
}
