#!/bin/sh
# docs/command.md, made of the command's own help: SPORE=build/bin/spore sh tests/scripts/command_page.sh > docs/command.md
set -eu
: "${SPORE:?the command}"

help_of() {
    printf '\n## %s\n```\n' "$1"
    shift
    "$SPORE" "$@"
    printf '```\n'
}

cat <<'END'
# The spore command

This page is the command's own help, put together by `tests/scripts/command_page.sh`; a test compares the two.

Results go to the standard output, progress and errors (one line, `spore: ...`) to the standard error output; colours and
bars appear on a terminal only, and colours not if `NO_COLOR` is set. With `--json` the results are JSON: one object, or
for `train` one object a line. The exit status is 0 when done, 1 when it failed, 2 when misused, 130 when interrupted.
END
help_of spore --help
for command in train eval predict info graph download bench; do
    help_of "spore $command" "$command" --help
done
