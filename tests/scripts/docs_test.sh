#!/bin/sh
# What the documents show is what the examples say and do, and what they link to is there.
#   <!-- examples/NAME.c -->           the C block behind it is literally a part of that file
#   <!-- output of NAME -->            the text block behind it is a part of tests/examples/NAME.txt (same_output.awk compares)
# A C block without such a mark in README.md or docs/tutorial.md is a failure. README.md holds examples/00_readme.c whole.
set -u
cd "${SRC:-.}" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
wrong() {
    echo "$*"
    status=1
}

# Writes each block to $work/N.txt and prints "N LANGUAGE MARK" lines; the mark is the comment on the line before.
blocks() {
    awk -v work="$work" '
        !inside && /^```/ { inside = 1; n++; language = substr($0, 4); print n, (language == "" ? "-" : language), mark
                            file = work "/" n ".txt"; printf "" > file; next }
        inside && /^```/  { inside = 0; close(file); mark = ""; next }
        inside            { print > file; next }
        /^<!-- .* -->$/   { mark = substr($0, 6, length($0) - 9); next }
        NF                { mark = "" }' "$1"
}

# part_of BLOCK FILE: whether the lines of BLOCK stand in FILE, one after the other.
part_of() {
    awk 'FILENAME == ARGV[1] { want[++n] = $0; next }
         { line[++m] = $0 }
         END { for (at = 0; at + n <= m; at++) {
                   for (i = 1; i <= n && line[at + i] == want[i]; i++)
                       ;
                   if (i > n)
                       exit 0
               }
               exit 1 }' "$1" "$2"
}

# printed BLOCK TRANSCRIPT: the same with the tolerances of the transcript.
printed() {
    lines=$(wc -l <"$1")
    last=$(($(wc -l <"$2") - lines + 1))
    at=2
    while [ "$at" -le "$last" ]; do
        sed -n "$at,$((at + lines - 1))p" "$2" >"$work/part"
        awk -f tests/scripts/same_output.awk "$work/part" "$1" >"$work/why" && return 0
        at=$((at + 1))
    done
    return 1
}

checked=0
for document in README.md docs/tutorial.md; do
    blocks "$document" >"$work/blocks"
    while read -r n language mark; do
        case $mark in
        'output of '*)
            example=${mark#output of }
            printed "$work/$n.txt" "tests/examples/$example.txt" || wrong "$document: $example does not print: $(cat "$work/$n.txt")"
            ;;
        examples/*.c) part_of "$work/$n.txt" "$mark" || wrong "$document: not in $mark: $(cat "$work/$n.txt")" ;;
        *)
            [ "$language" != c ] || wrong "$document: C code without its source: $(cat "$work/$n.txt")"
            continue
            ;;
        esac
        checked=$((checked + 1))
        if [ "$document$mark" = README.mdexamples/00_readme.c ]; then cp "$work/$n.txt" "$work/readme.c"; fi
    done <"$work/blocks"
done
cmp -s "$work/readme.c" examples/00_readme.c || wrong 'README.md does not hold examples/00_readme.c whole'
[ "$checked" -ge 10 ] || wrong "only $checked blocks were compared"

# Relative links lead to files.
for document in *.md docs/*.md docs/*/*.md; do
    folder=$(dirname "$document")
    grep -o '](\([^)#:]*\)[)#]' "$document" | sed 's/^](//; s/[)#]$//' | while read -r target; do
        [ -e "$folder/$target" ] || echo "$document: links to $target, which is not there"
    done
done >"$work/links"
[ ! -s "$work/links" ] || wrong "$(cat "$work/links")"
exit $status
