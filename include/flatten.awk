# The public header as one self-contained file: every #include "..." of the tree is replaced by the file, and the rows of
# base/err.def by the enumerators they stand for.
#     awk -f include/flatten.awk include/sealwax.h >sealwax.h

function row(line,    part) { # SW_ERR(NAME, ALERT, "reason")
    split(line, part, /[(,"]/)
    sub(/^[^"]*"/, "", line)
    sub(/".*/, "", line)
    printf "    SW_ERR_%s, /* %s */\n", part[2], line
}

function emit(file,    line, rows, opening) {
    if (file in done)
        return
    done[file] = 1
    rows = file ~ /\.def$/
    opening = rows
    while ((getline line <file) > 0) {
        if (opening && line !~ /^SW_ERR/) # what explains the table to its editors
            continue
        opening = 0
        if (line ~ /^#include "/) {
            sub(/^#include "/, "", line)
            sub(/".*/, "", line)
            emit(line)
        } else if (line ~ /^#(define|undef) SW_ERR(\(|$)/)
            continue
        else if (rows && line ~ /^SW_ERR\(/)
            row(line)
        else
            print rows && line != "" ? "    " line : line
    }
    close(file)
}

BEGIN {
    emit(ARGV[1])
}
