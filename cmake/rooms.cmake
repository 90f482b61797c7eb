# waybill_room(NAME USES other rooms LINKS libraries): one folder of src/ becomes one static library.
# What a room does not name in USES it cannot include, so the one-way order of the rooms is checked by
# the compiler: each room's headers are reached as <room/header.hpp>, through its own alias folder.
function(waybill_room name)
  cmake_parse_arguments(ROOM "" "" "USES;LINKS;PRIVATE_LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp")
  set(target waybill_${name})
  add_library(${target} STATIC ${sources})
  # build/rooms/<name>/<name> -> src/<name>: an include root that holds this room alone.
  set(root "${PROJECT_BINARY_DIR}/rooms/${name}")
  file(MAKE_DIRECTORY "${root}")
  file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}/${name}" "${root}/${name}" SYMBOLIC)
  target_include_directories(${target} PUBLIC "${root}")
  target_link_libraries(${target} PUBLIC waybill_options ${ROOM_LINKS} PRIVATE ${ROOM_PRIVATE_LINKS})
  foreach(other ${ROOM_USES})
    target_link_libraries(${target} PUBLIC waybill_${other})
  endforeach()
  waybill_pch(${target})
endfunction()

# One precompiled header for everybody: Asio's coroutines and Boost.JSON are what costs.
function(waybill_pch target)
  if(target STREQUAL "waybill_base")
    target_precompile_headers(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src/base/pch.hpp")
  else()
    target_precompile_headers(${target} REUSE_FROM waybill_base)
  endif()
endfunction()
