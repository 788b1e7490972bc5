# Finds oneDNN 2.x or 3.x: OneDNN::OneDNN, OneDNN_VERSION. Looks in SPORE_ONEDNN_ROOT first (include/, lib/), as the
# packages onednn-devel and onednn-cpu-gomp unpack. oneDNN's own CMake package is not used: Debian's asks for OpenCL.
set(SPORE_ONEDNN_ROOT "" CACHE PATH "Where oneDNN is installed, if not with the system")
set(hints "")
if(SPORE_ONEDNN_ROOT)
    set(hints PATHS "${SPORE_ONEDNN_ROOT}" NO_DEFAULT_PATH)
endif()
find_path(OneDNN_INCLUDE_DIR NAMES oneapi/dnnl/dnnl.h PATH_SUFFIXES include ${hints})
find_library(OneDNN_LIBRARY NAMES dnnl PATH_SUFFIXES lib lib64 ${hints})
mark_as_advanced(OneDNN_INCLUDE_DIR OneDNN_LIBRARY)

if(OneDNN_INCLUDE_DIR AND EXISTS "${OneDNN_INCLUDE_DIR}/oneapi/dnnl/dnnl_version.h")
    file(STRINGS "${OneDNN_INCLUDE_DIR}/oneapi/dnnl/dnnl_version.h" lines REGEX "DNNL_VERSION_(MAJOR|MINOR|PATCH) ")
    string(REGEX REPLACE "[^0-9;]" "" numbers "${lines}")
    list(JOIN numbers "." OneDNN_VERSION)
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OneDNN REQUIRED_VARS OneDNN_LIBRARY OneDNN_INCLUDE_DIR VERSION_VAR OneDNN_VERSION)
if(OneDNN_FOUND AND NOT TARGET OneDNN::OneDNN)
    add_library(OneDNN::OneDNN UNKNOWN IMPORTED)
    set_target_properties(OneDNN::OneDNN PROPERTIES IMPORTED_LOCATION "${OneDNN_LIBRARY}"
                          INTERFACE_INCLUDE_DIRECTORIES "${OneDNN_INCLUDE_DIR}")
endif()
