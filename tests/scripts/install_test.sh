#!/bin/sh
# Installs Spore to an empty prefix and compiles a program against it as a user would: through pkg-config with the shared
# and with the static library, and through find_package(Spore) with both targets. Each must start and report the version.
set -eu
: "${BUILD:?the build folder}" "${CC:=cc}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
cmake --install "$BUILD" --prefix "$prefix" >"$work/install.txt"

cat >"$work/program.c" <<'END'
#include <spore.h>
#include <stdio.h>
int main(void)
{
    puts(sp_version());
    return sp_error() == SP_OK ? 0 : 1;
}
END
version=$(sed -n 's/^#define SP_VERSION  *"\(.*\)"/\1/p' "$prefix"/include/spore/*.h)
libdir=$(dirname "$(find "$prefix" -name libspore.a)")
export PKG_CONFIG_PATH="$libdir/pkgconfig"

fail() {
    echo "install test: $*"
    exit 1
}
runs() { # runs PROGRAM WHAT
    said=$(LD_LIBRARY_PATH=$libdir "$1") || fail "$2: exit status $?"
    [ "$said" = "$version" ] || fail "$2: said '$said', not '$version'"
}

[ "$(pkg-config --modversion spore)" = "$version" ] || fail 'spore.pc has another version'
# No -Wl,-rpath and no other -l: the shared library brings what it needs.
$CC "$work/program.c" $(pkg-config --cflags --libs spore) -o "$work/shared"
runs "$work/shared" 'pkg-config, shared'
LD_LIBRARY_PATH=$libdir ldd "$work/shared" | grep -q 'libspore\.so\.' || fail 'pkg-config, shared: is not'

# Both libraries stand in one folder, where the linker prefers the shared one: ask for the archive by its name.
$CC "$work/program.c" $(pkg-config --cflags --static --libs spore | sed 's/-lspore/-l:libspore.a/') -o "$work/static"
runs "$work/static" 'pkg-config, static'
! ldd "$work/static" | grep -q libspore || fail 'pkg-config, static: still needs libspore.so'

mkdir "$work/project"
cat >"$work/project/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(uses_spore LANGUAGES C)
find_package(Spore REQUIRED COMPONENTS shared static)
add_executable(shared ../program.c)
target_link_libraries(shared PRIVATE Spore::spore)
add_executable(static ../program.c)
target_link_libraries(static PRIVATE Spore::spore_static)
END
cmake -S "$work/project" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$CC" >"$work/cmake.txt" 2>&1 ||
    { cat "$work/cmake.txt"; fail 'find_package(Spore)'; }
cmake --build "$work/build" >"$work/make.txt" 2>&1 || { cat "$work/make.txt"; fail 'find_package(Spore): does not build'; }
runs "$work/build/shared" 'find_package, shared'
runs "$work/build/static" 'find_package, static'
! ldd "$work/build/static" | grep -q libspore || fail 'find_package, static: still needs libspore.so'
echo "installed $version: pkg-config and find_package, shared and static"
