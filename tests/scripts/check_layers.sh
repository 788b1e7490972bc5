#!/bin/sh
# Layers point one way: a module includes only itself and those named in its line below. Also: public headers include
# public headers only, and the command, the examples and Python see nothing but include/.
set -eu
cd "$(dirname "$0")/../.."

# The private folders that a module may include from.
may_include() {
    low='base tensor kernels ops grad graph nn'
    case $1 in
    base) say base ;;
    tensor) say 'base tensor' ;;
    kernels) say 'base kernels' ;;
    ops) say 'base tensor kernels ops' ;;
    grad) say 'base tensor kernels ops grad' ;;
    graph) say 'base tensor kernels ops grad graph' ;;
    nn) say "$low" ;;
    optim) say "$low optim" ;;
    data) say "$low data" ;;
    file) say "$low file" ;;
    train) say "$low optim data file train" ;;
    cli) say cli ;;
    *) say '' ;;
    esac
}
say() { printf '%s\n' "$1"; }

# The module whose public header include/spore/NAME.h is. The list of element types is known to all, kernels included.
owner() {
    case $1 in
    dtype) say base ;;
    table) say ops ;;
    *) say "$1" ;;
    esac
}

status=0
bad() {
    printf '%s\n' "$1"
    status=1
}

# includes FILE: "line:path" of each #include "path" or <spore...>.
includes() { sed -n -E '/^[ \t]*#[ \t]*include[ \t]*("|<spore)/{=;s/.*include[ \t]*["<]([^">]*)[">].*/\1/p;}' "$1" | paste -d: - -; }

contains() { case " $1 " in *" $2 "*) return 0 ;; *) return 1 ;; esac; }

for file in $(find src -name '*.c' -o -name '*.h' | sort); do
    module=${file#src/}
    module=${module%%/*}
    allowed=$(may_include "$module")
    [ -n "$allowed" ] || bad "$file: no layer is known for src/$module (tests/scripts/check_layers.sh)"
    for include in $(includes "$file"); do
        line=${include%%:*} path=${include#*:}
        case $path in
        spore.h) # every part at once: for those who may use every part
            contains 'train cli' "$module" || bad "$file:$line: src/$module includes all of spore.h: name the parts it needs" ;;
        spore/*)
            part=${path#spore/}
            part=$(owner "${part%.h}")
            [ "$module" = cli ] || contains "$allowed" "$part" || bad "$file:$line: src/$module includes \"$path\" of a higher layer" ;;
        */*) contains "$allowed" "${path%%/*}" || bad "$file:$line: src/$module must not include \"$path\" (may: $allowed)" ;;
        *) bad "$file:$line: include \"$path\" by its path from src/" ;;
        esac
    done
done

for file in $(find include/spore -name '*.h' | sort); do
    part=${file##*/}
    module=$(owner "${part%.h}")
    allowed=$(may_include "$module")
    [ -n "$allowed" ] || bad "$file: no layer is known for it (owner() in tests/scripts/check_layers.sh)"
    for include in $(includes "$file"); do
        line=${include%%:*} path=${include#*:}
        part=${path#spore/}
        [ -f "include/spore/$part" ] || bad "$file:$line: a public header includes \"$path\""
        contains "$allowed" "$(owner "${part%.h}")" || bad "$file:$line: includes \"$path\" of a higher layer"
    done
done

for file in $(find examples python -name '*.c' 2>/dev/null | sort); do
    for include in $(includes "$file"); do
        line=${include%%:*} path=${include#*:}
        case $path in spore.h | spore/*) continue ;; esac
        [ -f "$(dirname "$file")/$path" ] || bad "$file:$line: uses more than include/: \"$path\""
    done
done
exit $status
