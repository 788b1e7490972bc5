# spore_flags: what every file of ours is compiled with.
add_library(spore_flags INTERFACE)
include(CheckCCompilerFlag)

# POSIX (fsync, pthreads, sigaction) beside strict C11.
target_compile_definitions(spore_flags INTERFACE _POSIX_C_SOURCE=200809L)

target_compile_options(spore_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wmissing-prototypes -Wstrict-prototypes -Wdouble-promotion -Wvla
    $<$<BOOL:${SPORE_WERROR}>:-Werror>
    # a*b+c is two roundings on every compiler and CPU unless a kernel says fma(); never -ffast-math.
    -ffp-contract=off
    # Nothing here reads errno after a function of libm; without this sqrt() would be a call.
    -fno-math-errno
    # Nor the floating-point exception flags: so a choice between two values (x > 0 ? x : 0) may compute both, which is what
    # makes vector code of it. No result changes; clang does so by default.
    -fno-trapping-math)

if(NOT SPORE_HAVE_OPENMP)
    # `#pragma omp simd` still holds; the parallel ones are passed over.
    check_c_compiler_flag(-fopenmp-simd SPORE_HAVE_OPENMP_SIMD)
    target_compile_options(spore_flags INTERFACE $<$<BOOL:${SPORE_HAVE_OPENMP_SIMD}>:-fopenmp-simd> -Wno-unknown-pragmas)
endif()

if(SPORE_SANITIZE)
    target_compile_options(spore_flags INTERFACE -fsanitize=${SPORE_SANITIZE} -fno-omit-frame-pointer
                           -fno-sanitize-recover=all -UNDEBUG)
    target_link_options(spore_flags INTERFACE -fsanitize=${SPORE_SANITIZE})
    message(STATUS "sanitizers: ${SPORE_SANITIZE}")
endif()
