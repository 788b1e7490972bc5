#!/bin/sh
# check_calls.sh BUILD: the library never prints, exits or aborts, and only src/base allocates. The objects' undefined
# symbols are looked at, so that macros, comments and strings neither hide a call nor look like one.
set -eu
[ $# -eq 1 ] || { echo "usage: $0 BUILD (a folder built by cmake)"; exit 2; }
objects=$1/CMakeFiles/spore_objects.dir/src
cd "$(dirname "$0")/../.."
memory='malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|vasprintf|aligned_alloc|posix_memalign'
ending='abort|exit|_exit|_Exit|quick_exit'
printing='printf|vprintf|puts|putchar|perror|stdout|stderr'

[ -d "$objects" ] || { echo "$objects: no objects there"; exit 1; }
status=0
for object in $(find "$objects" -name '*.o' | sort); do
    source=${object#"$objects"/}
    source=src/${source%.o}
    forbidden="$memory|$ending|$printing"
    case $source in
    src/base/errors.c) continue ;; # SPORE_ABORT_ON_ERROR=1 asks for both, to stop in a debugger at the first failure
    src/base/*) forbidden="$ending|$printing" ;;
    src/train/callbacks.c) forbidden="$memory|$ending|${printing%|stdout|stderr}" ;; # for whom the caller asks to write there
    esac
    found=$(nm -u "$object" | awk '{ print $NF }' | sed 's/@.*//' | grep -xE "$forbidden" | paste -s -d' ' || :)
    if [ -n "$found" ]; then
        echo "$source uses: $found"
        status=1
    fi
done
exit $status
