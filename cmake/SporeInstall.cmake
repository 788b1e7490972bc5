# Installed: headers, both libraries, the command, spore.pc, find_package(Spore) with Spore::spore and
# Spore::spore_static.
include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/Spore")

install(DIRECTORY include/ DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
# Two export sets: a program that uses the shared library needs none of the parts the static one is linked with.
install(TARGETS spore EXPORT SporeSharedTargets)
install(TARGETS spore_static EXPORT SporeStaticTargets)
install(EXPORT SporeSharedTargets NAMESPACE Spore:: DESTINATION "${package_dir}")
install(EXPORT SporeStaticTargets NAMESPACE Spore:: DESTINATION "${package_dir}")
if(TARGET spore_cli)
    install(TARGETS spore_cli)
endif()

list(TRANSFORM SPORE_PART_FINDS REPLACE "^find_package\\(ProtobufC +" "find_package(ProtobufC COMPONENTS library ")
list(JOIN SPORE_PART_FINDS "\n" SPORE_FIND_PARTS)
set(targets "")
foreach(library ${SPORE_PART_LIBRARIES})
    if(TARGET ${library})
        list(APPEND targets ${library})
    endif()
endforeach()
list(JOIN targets " " SPORE_PART_TARGETS)
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/SporeConfig.cmake.in"
                              "${PROJECT_BINARY_DIR}/package/SporeConfig.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/SporeConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/package/SporeConfig.cmake" "${PROJECT_BINARY_DIR}/package/SporeConfigVersion.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/FindOneDNN.cmake" "${CMAKE_CURRENT_LIST_DIR}/FindProtobufC.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/FindJansson.cmake" "${CMAKE_CURRENT_LIST_DIR}/FindTurboJPEG.cmake"
        DESTINATION "${package_dir}")

# spore.pc: the parts stand in Libs.private as plain libraries, so that a shared link needs no other .pc file.
set(private "")
foreach(library ${SPORE_PART_LIBRARIES})
    if(library STREQUAL "Threads::Threads")
        list(APPEND private "-pthread")
    elseif(library STREQUAL "OpenMP::OpenMP_C")
        get_target_property(paths OpenMP::OpenMP_C INTERFACE_LINK_LIBRARIES)
        foreach(path ${paths})
            if(NOT path MATCHES "pthread")
                list(APPEND private "${path}")
            endif()
        endforeach()
    elseif(TARGET ${library})
        spore_where(${library} path)
        list(APPEND private "${path}")
        if(library STREQUAL "OneDNN::OneDNN" AND SPORE_ONEDNN_ROOT)
            list(APPEND private "-Wl,-rpath,${CMAKE_INSTALL_RPATH}")
        endif()
    else()
        list(APPEND private "-l${library}")
    endif()
endforeach()
list(JOIN private " " SPORE_LIBS_PRIVATE)
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
    set(SPORE_PC_LIBDIR "${CMAKE_INSTALL_LIBDIR}")
    set(SPORE_PC_INCLUDEDIR "${CMAKE_INSTALL_INCLUDEDIR}")
else()
    set(SPORE_PC_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
    set(SPORE_PC_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
configure_file("${CMAKE_CURRENT_LIST_DIR}/spore.pc.in" "${PROJECT_BINARY_DIR}/package/spore.pc.part" @ONLY)
# The prefix is known only when `cmake --install --prefix` runs, so the last step is left to that moment.
install(CODE "file(READ \"${PROJECT_BINARY_DIR}/package/spore.pc.part\" text)
string(REPLACE \"%PREFIX%\" \"\${CMAKE_INSTALL_PREFIX}\" text \"\${text}\")
file(WRITE \"${PROJECT_BINARY_DIR}/package/spore.pc\" \"\${text}\")")
install(FILES "${PROJECT_BINARY_DIR}/package/spore.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
