# One way to declare each kind of target, so that flags live in one place.

set(STARTON_WARNINGS -Wall -Wextra -Wpedantic -Wno-unused-parameter
  # GCC 12 takes `"a" + string` for overlapping memory (GCC bug 105329).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(STARTON_WERROR)
  list(APPEND STARTON_WARNINGS -Werror)
endif()

add_library(starton-options INTERFACE)
target_compile_options(starton-options INTERFACE -ffunction-sections -fdata-sections)
target_link_options(starton-options INTERFACE -Wl,--gc-sections -Wl,--as-needed)
target_include_directories(starton-options INTERFACE
  ${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR}/include)
if(STARTON_SANITIZE)
  target_compile_options(starton-options INTERFACE
    -fsanitize=${STARTON_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined -g)
  target_link_options(starton-options INTERFACE -fsanitize=${STARTON_SANITIZE})
endif()
if(STARTON_FUZZ)
  target_compile_options(starton-options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Toolchain side: may throw, may allocate, may use LLVM.
function(starton_library name)
  add_library(${name} STATIC ${ARGN})
  target_link_libraries(${name} PUBLIC starton-options)
  target_compile_options(${name} PRIVATE ${STARTON_WARNINGS})
endfunction()

# Daemon side: libc only at run time; no exception, no RTTI, no throwing
# allocation (test/Meta checks the symbols of the linked daemon).
function(starton_runtime_library name)
  starton_library(${name} ${ARGN})
  # -O2: a third smaller than -O3, which counts in a daemon of one megabyte, and
  # as fast.
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fno-rtti>
    -fno-asynchronous-unwind-tables $<$<CONFIG:Release>:-O2>)
endfunction()

# A program for run time: libc and nothing else, or not even that.
function(starton_runtime_program name)
  add_executable(${name} ${ARGN})
  target_compile_options(${name} PRIVATE ${STARTON_WARNINGS})
  if(STARTON_STATIC_RUNTIME AND NOT STARTON_SANITIZE)
    target_link_options(${name} PRIVATE -static)
  else()
    # Bound at the start: what of libc is looked up later brings pages of its
    # symbols and of the linker back, and nothing can write to the addresses then.
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc -Wl,-z,now)
  endif()
endfunction()

function(starton_unittest name)
  if(NOT GTest_FOUND)
    return()
  endif()
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE starton-options GTest::gtest GTest::gtest_main)
  target_compile_options(${name} PRIVATE ${STARTON_WARNINGS})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/unittests)
  target_compile_definitions(${name} PRIVATE
    STARTON_SOURCE_DIR="${CMAKE_SOURCE_DIR}" STARTON_SHARED_DATA="${STARTON_SHARED_DATA}")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/unittests/bin)
  # One ctest entry a test case; asked for when ctest runs, not at each build.
  gtest_discover_tests(${name} TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST NO_PRETTY_VALUES
    PROPERTIES TIMEOUT 600)
endfunction()

# A libFuzzer program, or where that is not built with, a test that feeds it what
# STARTON_FUZZ_SEEDS names and some mutations of it.
function(starton_fuzzer name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE starton-options)
  if(STARTON_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    return()
  endif()
  target_compile_options(${name} PRIVATE ${STARTON_WARNINGS})
  target_sources(${name} PRIVATE ${CMAKE_SOURCE_DIR}/fuzz/Replay.cpp)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz/bin)
  add_test(NAME replay-${name} COMMAND ${name} 3000 ${STARTON_FUZZ_SEEDS})
  set_tests_properties(replay-${name} PROPERTIES TIMEOUT 600)
endfunction()
