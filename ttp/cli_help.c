#include "ttp/cli_help.h"
#include <stdio.h>
#include <string.h>

enum { WIDTH = 96 };

bool cli_arg_is_optional(const char *arg)
{
    return arg && strncmp(arg, "[=", 2) == 0;
}

void cli_wrap(const char *text, size_t col, size_t indent)
{
    while (*text) {
        size_t n = strcspn(text, " \n");
        if (col > indent && col + 1 + n > WIDTH) {
            printf("\n%*s", (int)indent, "");
            col = indent;
        } else if (col > indent) {
            putchar(' ');
            col++;
        }
        fwrite(text, 1, n, stdout);
        col += n;
        text += n;
        if (*text == '\n') {
            printf("\n\n%*s", (int)indent, "");
            col = indent;
        }
        text += *text != 0;
    }
    putchar('\n');
}

void cli_indented(const char *lines)
{
    while (*lines) {
        size_t n = strcspn(lines, "\n");
        printf("  %.*s\n", (int)n, lines);
        lines += n + (lines[n] == '\n');
    }
}

void cli_option_help(const struct cli_option *o, int indent)
{
    char left[64], letter[8] = "    ";
    const char *arg = o->arg ? o->arg : "";
    if (o->letter)
        snprintf(letter, sizeof letter, "-%c, ", o->letter);
    int n =
        snprintf(left, sizeof left, "  %s--%s%s%s", letter, o->name, *arg && !cli_arg_is_optional(arg) ? " " : "", arg);
    printf("%-*s", indent, left);
    if (n >= indent)
        printf("\n%*s", indent, "");
    cli_wrap(o->help, (size_t)indent, (size_t)indent);
}

/* A backslash, a hyphen that is a minus, and a dot or quote that begins a line. */
void cli_roff(const char *text)
{
    bool begins = true;
    for (; *text; text++) {
        if (*text == '\n') {
            printf("\n.PP\n");
            begins = true;
            continue;
        }
        if (begins && (*text == '.' || *text == '\''))
            printf("\\&");
        begins = false;
        if (*text == '\\')
            printf("\\e");
        else if (*text == '-')
            printf("\\-");
        else
            putchar(*text);
    }
    putchar('\n');
}

void cli_roff_lines(const char *lines)
{
    printf(".nf\n");
    while (*lines) {
        char line[256];
        size_t n = strcspn(lines, "\n");
        snprintf(line, sizeof line, "%.*s", (int)n, lines);
        cli_roff(line);
        lines += n + (lines[n] == '\n');
    }
    printf(".fi\n");
}

void cli_roff_option(const struct cli_option *o)
{
    printf(".TP\n");
    if (o->letter)
        printf("\\fB\\-%c\\fR, ", o->letter);
    printf("\\fB\\-\\-");
    for (const char *c = o->name; *c; c++)
        printf(*c == '-' ? "\\-" : "%c", *c);
    printf("\\fR");
    if (o->arg)
        printf("%s\\fI%s\\fR", cli_arg_is_optional(o->arg) ? "" : " ", o->arg);
    putchar('\n');
    cli_roff(o->help);
}
