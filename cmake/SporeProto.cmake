# src/file/proto/NAME.proto -> <build>/gen/file/proto/NAME.pb-c.{c,h}, included as "file/proto/NAME.pb-c.h".
# Generated code is not held to our warnings, so it is a target of its own.
file(GLOB protos CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/file/proto/*.proto")
set(gen "${PROJECT_BINARY_DIR}/gen")
set(proto_sources "")
foreach(proto ${protos})
    cmake_path(GET proto STEM name)
    set(out "${gen}/file/proto/${name}.pb-c")
    add_custom_command(
        OUTPUT "${out}.c" "${out}.h"
        COMMAND ${CMAKE_COMMAND} -E make_directory "${gen}"
        COMMAND ${ProtobufC_COMPILER} "-I${PROJECT_SOURCE_DIR}/src" "--c_out=${gen}" "${proto}"
        DEPENDS "${proto}" COMMENT "protoc-c ${name}.proto" VERBATIM)
    list(APPEND proto_sources "${out}.c")
endforeach()
if(proto_sources)
    add_library(spore_proto OBJECT ${proto_sources})
    set_target_properties(spore_proto PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
    target_include_directories(spore_proto PRIVATE "${gen}")
    target_link_libraries(spore_proto PRIVATE ProtobufC::ProtobufC)
    target_include_directories(spore_parts SYSTEM INTERFACE "${gen}")
endif()
