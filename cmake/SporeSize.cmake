# What an optimised build need not blow up. -O3 copies loops and functions for cases that may never come; that pays in the
# kernels' inner loops, not in the rest, and not in kernels written once per element type and operator, of which there are
# hundreds. Those for Float32 are vectorised all the same (base/hot.h). tests/scripts/size_test.sh holds the library to its size.
include(CheckCCompilerFlag)
foreach(flag -fno-version-loops-for-strides -fno-ipa-cp-clone)
    string(MAKE_C_IDENTIFIER "SPORE_HAS${flag}" has)
    check_c_compiler_flag("-Werror ${flag}" ${has}) # clang knows none of them
    if(${has})
        target_compile_options(spore_objects PRIVATE "$<$<CONFIG:Release>:${flag}>")
    endif()
endforeach()

set(spore_many_types binary cast compare order reduce unary unary_grad)
foreach(source ${sources})
    cmake_path(GET source STEM name)
    cmake_path(GET source PARENT_PATH folder)
    if(folder MATCHES "/(file|graph|nn|optim|train)(/|$)" AND NOT name STREQUAL "executor") # once per file, layer or step
        set_property(SOURCE "${source}" APPEND PROPERTY COMPILE_OPTIONS "$<$<CONFIG:Release>:-Os>")
    elseif(NOT folder MATCHES "/kernels(/|$)")
        set_property(SOURCE "${source}" APPEND PROPERTY COMPILE_OPTIONS "$<$<CONFIG:Release>:-O2>")
    elseif(name IN_LIST spore_many_types AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
        set_property(SOURCE "${source}" APPEND PROPERTY COMPILE_OPTIONS
                     "$<$<CONFIG:Release>:-O2;-ftree-vectorize;-fvect-cost-model=dynamic>")
    endif()
    # These call nobody's code but their own: nothing is ever unwound through them, except by a debugger, which wants -g anyway.
    if(folder MATCHES "/(file|kernels|ops|optim|tensor)(/|$)" AND CMAKE_C_COMPILER_ID MATCHES "GNU|Clang")
        set_property(SOURCE "${source}" APPEND PROPERTY COMPILE_OPTIONS "$<$<CONFIG:Release>:-fno-asynchronous-unwind-tables>")
    endif()
endforeach()

# Tables of pointers need a relocation each, 24 bytes, or next to nothing where linker and C library know packed ones: tried.
include(CheckCSourceRuns)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND NOT CMAKE_CROSSCOMPILING)
    set(CMAKE_REQUIRED_LINK_OPTIONS "LINKER:-z,pack-relative-relocs")
    check_c_source_runs("#include <stdio.h>\nstatic int x; int *p = &x; int main(void) { return puts(\"\") < 0 || *p; }"
                        SPORE_HAS_PACKED_RELOCATIONS)
    unset(CMAKE_REQUIRED_LINK_OPTIONS)
endif()

# What nothing calls is left out of the shared library.
if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND CMAKE_C_COMPILER_ID MATCHES "GNU|Clang")
    target_compile_options(spore_objects PRIVATE "$<$<CONFIG:Release>:-ffunction-sections;-fdata-sections>")
    set(SPORE_HAS_SECTIONS ON)
endif()
