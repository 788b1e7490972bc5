#!/bin/sh
# Every public header compiles alone and strictly, as C11 and as C++17.
set -eu
cd "$(dirname "$0")/../.."
status=0
for header in $(cd include && find . -name '*.h' | sed 's|^\./||' | sort); do
    for compiler in 'gcc -std=c11 -x c -Wstrict-prototypes' 'clang -std=c11 -x c -Wstrict-prototypes' \
        'g++ -std=c++17 -x c++' 'clang++ -std=c++17 -x c++'; do
        command -v "${compiler%% *}" >/dev/null || continue
        # Twice: the include guard is tried as well.
        printf '#include <%s>\n#include <%s>\n' "$header" "$header" |
            $compiler -Wall -Wextra -Wpedantic -Wshadow -Werror -Iinclude -fsyntax-only - || {
            echo "$header does not compile alone: $compiler"
            status=1
        }
    done
done
exit $status
