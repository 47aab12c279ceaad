# The manual page of the library, made from the public header, so that it cannot be out of date.
#     awk -f include/man.awk build/dist/sealwax.h >sealwax.3
# A heading "--- name ---" opens a section; a declaration is shown as it is, and the comment before it is what is said of it.

function escaped(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    return text ~ /^[.']/ ? "\\&" text : text
}

# A line of a comment. Two columns after some blanks are an argument and what it is; more blanks are an example; the rest is running text.
function say(line,    name) {
    if (line ~ /^ +[a-z_, ]+  +[^ ]/ && line !~ /^    /) {
        sub(/^ +/, "", line)
        name = line
        sub(/  +.*/, "", name)
        sub(/^[a-z_, ]+  +/, "", line)
        mode(0)
        print ".TP\n.I " escaped(name) "\n" escaped(line)
        listed = 1
        return
    }
    mode(line ~ /^    /)
    if (line == "")
        print ".PP"
    else if (!example && line ~ /^(sw_[a-z0-9_]+, )*(_[a-z0-9_]+, )*(sw_|_)[a-z0-9_]+(, _[a-z0-9_]+)*: /) {
        print ".PP" # what follows is about another function of the group
        print escaped(line)
        listed = 0
    } else {
        if (listed && line ~ /^[A-Z]/ && line !~ /^  /)
            print ".PP"
        listed = line ~ /^  / && listed
        print escaped(line)
    }
}

function mode(wanted) {
    if (wanted != example)
        print wanted ? ".PP\n.nf" : ".fi\n.PP"
    example = wanted
}

function text(lines, count,    i) {
    listed = 0
    for (i = 1; i <= count; i++)
        say(lines[i])
    mode(0)
}

# What was collected: a declaration with its comment, or a comment that stands alone.
function flush(    i) {
    if (declared) {
        print ".PP\n.nf\n.ft B"
        for (i = 1; i <= declared; i++)
            print escaped(declaration[i])
        print ".ft\n.fi"
    }
    if (commented)
        print ".PP"
    text(comment, commented)
    commented = declared = 0
}

BEGIN {
    print ".TH SEALWAX 3 \"\" \"Sealwax\" \"Sealwax\"\n.SH NAME\nsealwax \\- TLS for people and machines that you can name"
    print ".SH SYNOPSIS\n.nf\n.B #include <sealwax.h>\n.PP\ncc program.c $(pkg\\-config \\-\\-cflags \\-\\-libs sealwax)\n.fi\n.SH DESCRIPTION"
}

/^\/\* --- / {
    flush()
    sub(/^\/\* --- /, "")
    sub(/ -+ \*\/$/, "")
    print ".SH " toupper($0)
    next
}

inside || (/^\/\*/ && !declared) {
    end = sub(/ *\*\/$/, "")
    sub(/^(\/| )\* ?/, "")
    inside = !end
    if ($0 != "" || (commented && inside))
        comment[++commented] = $0
    next
}

/^#if defined/ { # what the preprocessor is told is for the preprocessor
    commented = 0
}

/^$/ || /^#/ || /^extern "C"/ || /^}$/ {
    flush()
    next
}

{
    sub(/ SW_MUST_USE/, "")
    declaration[++declared] = $0
}

END {
    flush()
    print ".SH SEE ALSO\n.BR sealwax (1),\n.BR sealwaxd (8),\n.BR ttp (1)"
}
