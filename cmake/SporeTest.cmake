# spore_test(NAME): what all tests have in common. They run from the root of the source; exit status 77 means skipped.

# Seconds. A test that needs more than the default says so here, with the reason.
set(SPORE_TIMEOUT_default 60)
set(SPORE_TIMEOUT_test_kernels_layers 180) # many shapes, by two backends and slow loops
set(SPORE_TIMEOUT_install_test 120) # configures and compiles projects of its own
set(SPORE_TIMEOUT_cli_test 180) # trains a dozen small networks
set(SPORE_TIMEOUT_cli_resume_test 180) # as many, most of them twice
set(SPORE_TIMEOUT_test_graph_changed 300) # a few hundred thousand files
set(SPORE_TIMEOUT_test_graph_faults 300) # every allocation of every net
set(SPORE_TIMEOUT_test_graph_faults_no_cache 300)
set(SPORE_TIMEOUT_test_formats 300) # large files, and every allocation
set(SPORE_TIMEOUT_test_resume 180) # some hundred trainings, each of which flushes files to the disk

set(SPORE_TIMEOUT_FACTOR 1)
if(SPORE_SANITIZE OR CMAKE_BUILD_TYPE STREQUAL "Debug") # slower, not wrong
    set(SPORE_TIMEOUT_FACTOR 5)
endif()

function(spore_test name)
    set(seconds ${SPORE_TIMEOUT_default})
    if(DEFINED SPORE_TIMEOUT_${name})
        set(seconds ${SPORE_TIMEOUT_${name}})
    endif()
    math(EXPR seconds "${seconds} * ${SPORE_TIMEOUT_FACTOR}")
    set_tests_properties(${name} PROPERTIES TIMEOUT ${seconds} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
                         SKIP_RETURN_CODE 77)
    # Threads that wait must not spin: several tests share the processors, and spinning made them 15 times slower.
    set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT_MODIFICATION OMP_WAIT_POLICY=set:passive)
    if(name MATCHES "_(base|data|memory|tensor|thread)")
        set_property(TEST ${name} APPEND PROPERTY LABELS tsan)
    endif()
endfunction()
