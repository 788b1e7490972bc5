#!/bin/sh
# docs/formats/README.md: every test, check, command and page that it names is there.
set -u
cd "${SRC:-.}" || exit 1
page=docs/formats/README.md
status=0
wrong() {
    echo "$page: $*"
    status=1
}

named=$(grep -o '`[^`]*`' "$page" | tr -d '`' | sort -u)
tests=$(printf '%s\n' "$named" | sed -n 's/^\(test_[a-z0-9_]*\): \([a-z0-9_]*\)$/\1 \2/p')
[ "$(printf '%s\n' "$tests" | wc -l)" -gt 25 ] || wrong 'fewer tests are named than there were'
while read -r file name; do
    grep -Eq "^(TEST\($name\)|static void $name\(void \*\*state\))" "tests/$file.c" || wrong "no test $name in tests/$file.c"
done <<END
$tests
END
for check in $(printf '%s\n' "$named" | grep -E '\.(py|mjs)$'); do
    [ -f "tests/interop/$check" ] || wrong "no check tests/interop/$check"
    grep -q "tests/interop/$check" dev || wrong "./dev does not run $check"
done
for command in $(printf '%s\n' "$named" | sed -n 's/^\.\/dev //p'); do
    grep -q "^## $command " dev || wrong "no command ./dev $command"
done
for link in $(grep -o '](\([^)]*\))' "$page" | tr -d '()]'); do
    [ -f "docs/formats/$link" ] || wrong "no page $link"
done
for format in docs/formats/*.md; do
    case $format in *README.md) ;; *) grep -q "](${format##*/})" "$page" || wrong "does not name ${format##*/}" ;; esac
done
# A line of a table has as many cells as its head: a cell that is forgotten would say nothing.
awk -F'|' '/^\|/ { if (!n) n = NF; if (NF != n) { print FILENAME ": line " FNR " has " NF - 2 " cells, expected " n - 2; bad = 1 } next }
           { n = 0 } END { exit bad }' "$page" || status=1

# SECURITY.md: each limit stands where its line says.
grep '^| .*`src/\|^| .*`include/' SECURITY.md | while IFS='|' read -r _ _ _ where _; do
    file=$(printf '%s' "$where" | grep -o '`[^`]*/[^`]*`' | tr -d '`')
    for name in $(printf '%s' "$where" | grep -o '`[A-Za-z_]*`' | tr -d '`'); do
        grep -qw "$name" "$file" || echo "SECURITY.md: no $name in $file"
    done
done | { ! grep .; } || status=1
exit "$status"
