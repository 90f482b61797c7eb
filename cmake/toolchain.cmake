# The language, the warnings and the hardening that every target of ours gets.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# -fPIE for libraries and programs alike (they are all static), so that one precompiled header serves both.
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
add_compile_options(-fPIE)
add_link_options(-pie)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# No C++ modules here; without this CMake asks clang for a scanner that Debian packages apart.
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # The sloppiness is what ccache needs to reuse objects that were built with a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()

# hiredis' own flags ask for it; one precompiled header serves all, so all have it.
add_compile_definitions(_FILE_OFFSET_BITS=64)
add_library(waybill_options INTERFACE)
target_compile_options(waybill_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor -Werror
  $<$<CXX_COMPILER_ID:Clang>:-Xclang$<SEMICOLON>-fno-pch-timestamp>)

# -O2 and not CMake's -O3: no measurable gain for I/O code, a third longer to build.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(waybill_options INTERFACE
    -fstack-protector-strong -fstack-clash-protection -fcf-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  target_compile_definitions(waybill_options INTERFACE _GLIBCXX_ASSERTIONS)
  target_link_options(waybill_options INTERFACE -Wl,-z,relro,-z,now)
endif()

if(WAYBILL_SANITIZE)
  target_compile_options(waybill_options INTERFACE -fsanitize=${WAYBILL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(waybill_options INTERFACE -fsanitize=${WAYBILL_SANITIZE})
endif()
if(WAYBILL_FUZZ)
  # Instruments everything for coverage; the fuzz targets alone link libFuzzer's main().
  target_compile_options(waybill_options INTERFACE -fsanitize=fuzzer-no-link,address,undefined)
  target_link_options(waybill_options INTERFACE -fsanitize=address,undefined)
endif()

find_program(LLD NAMES ld.lld-19 ld.lld)
if(LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_link_options(waybill_options INTERFACE -fuse-ld=lld)
endif()
