# Every third-party dependency is found here, once, and wrapped in one target.

# --- ANTLR: tool 4.7.2 generates for runtime 4.9 (same serialized ATN format).
# The two are pinned together; newer tools need a runtime Debian 12 lacks.
find_program(ANTLR4_TOOL antlr4 REQUIRED)
find_package(antlr4-runtime 4.9 REQUIRED)
add_library(starton-antlr INTERFACE)
# The umbrella header of 4.9 does not compile with clang 14; the shim beside
# the grammar, found first, includes only what generated code needs.
target_include_directories(starton-antlr SYSTEM INTERFACE
  ${CMAKE_SOURCE_DIR}/grammar/shim ${ANTLR4_INCLUDE_DIR})
# By path: the exported target asks for libuuid, which nothing here uses.
target_link_libraries(starton-antlr INTERFACE ${ANTLR4_LIB_DIR}/libantlr4-runtime.a)

# --- LLVM Support, static only (the shared libLLVM costs six start-up times).
list(APPEND CMAKE_PREFIX_PATH /usr/lib/llvm-19)
find_package(LLVM 19.1 REQUIRED CONFIG)
find_library(ZLIB_STATIC NAMES libz.a REQUIRED)
find_library(ZSTD_STATIC NAMES libzstd.a REQUIRED)
add_library(starton-llvm INTERFACE)
target_include_directories(starton-llvm SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
# By path: the exported target asks for the shared libz3, which nothing here
# uses and which no static link can take.
target_link_libraries(starton-llvm INTERFACE
  ${LLVM_LIBRARY_DIR}/libLLVMSupport.a ${LLVM_LIBRARY_DIR}/libLLVMDemangle.a
  ${ZLIB_STATIC} ${ZSTD_STATIC})

find_package(CLI11 2.1 REQUIRED)

# --- FlatBuffers: compiler at build time, headers at run time.
find_program(FLATC flatc REQUIRED)
find_path(FLATBUFFERS_INCLUDE_DIR flatbuffers/flatbuffers.h REQUIRED)
add_library(starton-flatbuffers INTERFACE)
target_include_directories(starton-flatbuffers SYSTEM INTERFACE ${FLATBUFFERS_INCLUDE_DIR})

# --- libdbus, static. Its socket activation is the only user of libsystemd;
# lib/Runtime/Control replaces those two functions.
find_package(PkgConfig REQUIRED)
pkg_check_modules(DBUS REQUIRED dbus-1)
find_library(DBUS_STATIC NAMES libdbus-1.a REQUIRED)
add_library(starton-dbus STATIC IMPORTED GLOBAL)
set_target_properties(starton-dbus PROPERTIES
  IMPORTED_LOCATION ${DBUS_STATIC}
  INTERFACE_INCLUDE_DIRECTORIES "${DBUS_INCLUDE_DIRS}"
  INTERFACE_LINK_LIBRARIES starton-dbus-standins)

find_package(GTest)
include(GoogleTest)
find_package(benchmark)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_file(STARTON_LIT lit.py HINTS /usr/lib/llvm-19/build/utils/lit)
find_program(STARTON_FILECHECK NAMES FileCheck-19 FileCheck)
find_program(STARTON_NOT NAMES not-19 not)
find_program(STARTON_SPLIT_FILE NAMES split-file-19 split-file)
