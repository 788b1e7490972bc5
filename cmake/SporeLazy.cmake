# Optional parts that are large, or bring dozens of libraries with them, are not linked but loaded when they are first
# needed (src/base/library.h): a program that downloads nothing starts without libcurl. Their headers are used as ever.
# Which functions are called is read from our sources, so nothing is to be kept in step by hand.
set(SPORE_LAZY AUTO CACHE STRING "Load oneDNN, libcurl, libarchive, jansson, libpng, libturbojpeg when first needed: AUTO (where that can be), or OFF (linked)")
set_property(CACHE SPORE_LAZY PROPERTY STRINGS AUTO OFF)

# Per part: how names of its functions begin, and who calls them.
set(SPORE_LAZY_ONEDNN "dnnl_" src/kernels/onednn/*.c src/kernels/onednn/*.h)
set(SPORE_LAZY_CURL "curl_" src/data/fetch.c)
set(SPORE_LAZY_ARCHIVE "archive_" src/data/unpack.c)
set(SPORE_LAZY_JANSSON "json_" src/file/safetensors_header.c)
set(SPORE_LAZY_PNG "png_" src/file/image_png.c)
set(SPORE_LAZY_JPEG "tj" src/file/image_jpeg.c)

# The name under which the loader knows the library of an imported target; "" where the part must be linked: a static
# library, one outside of the system's folders (nobody would find it), another system than Linux, no nm or readelf; and
# under a sanitizer (LeakSanitizer dies over the thread-local memory of libraries that came later).
function(spore_lazy_file name target out)
    set(${out} "" PARENT_SCOPE)
    if(NOT SPORE_LAZY OR SPORE_SANITIZE OR NOT DEFINED SPORE_LAZY_${name} OR NOT CMAKE_SYSTEM_NAME STREQUAL "Linux" OR
       CMAKE_CROSSCOMPILING OR NOT CMAKE_NM OR NOT CMAKE_READELF)
        return()
    endif()
    spore_where(${target} where)
    cmake_path(GET where PARENT_PATH folder)
    if(NOT where MATCHES "\\.so(\\.[0-9]+)*$" OR NOT folder IN_LIST CMAKE_C_IMPLICIT_LINK_DIRECTORIES)
        return()
    endif()
    execute_process(COMMAND ${CMAKE_READELF} -d "${where}" OUTPUT_VARIABLE dynamic ERROR_QUIET)
    if(dynamic MATCHES "SONAME[^[]*\\[([^]]+)\\]")
        set(${out} "${CMAKE_MATCH_1}" PARENT_SCOPE)
    endif()
endfunction()

# Writes base/lazy/<name>.h: the functions that our sources name and the library has.
function(spore_lazy_header name target file)
    list(POP_FRONT SPORE_LAZY_${name} prefix)
    list(TRANSFORM SPORE_LAZY_${name} PREPEND "${PROJECT_SOURCE_DIR}/")
    file(GLOB sources ${SPORE_LAZY_${name}})
    set_property(DIRECTORY "${PROJECT_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${sources})
    spore_where(${target} where)
    execute_process(COMMAND ${CMAKE_NM} -D --defined-only "${where}" OUTPUT_VARIABLE symbols)
    string(REGEX MATCHALL " [TWi] ${prefix}[A-Za-z0-9_]+" symbols "${symbols}")
    list(TRANSFORM symbols REPLACE "^ . (.+)$" "\\1")
    set(called "")
    foreach(source ${sources})
        file(READ "${source}" text)
        string(REGEX MATCHALL "${prefix}[A-Za-z0-9_]+" names "${text}")
        list(APPEND called ${names})
    endforeach()
    list(REMOVE_DUPLICATES called)
    list(SORT called)
    set(calls "")
    set(defines "")
    string(TOLOWER "${name}" lower)
    foreach(function ${called})
        if(function IN_LIST symbols)
            string(APPEND calls " \\\n    X(${function})")
            string(APPEND defines "#undef ${function}\n#define ${function} sp__lazy_${lower}.${function}\n")
        endif()
    endforeach()
    file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/lazy/base/lazy/${lower}.h" @ONLY CONTENT
"/* Made by cmake/SporeLazy.cmake: @where@, loaded when it is first
 * needed. Included after its own headers. */
#ifndef SP_LAZY_@name@
#define SP_LAZY_@name@

#include \"base/library.h\"

#define SP__LAZY_@name@_FILE \"@file@\"
#define SP__LAZY_@name@(X)@calls@

extern struct sp__lazy_@lower@ {
    SP__LAZY_@name@(SP__LIBRARY_MEMBER)
} sp__lazy_@lower@;

@defines@#endif
")
endfunction()
