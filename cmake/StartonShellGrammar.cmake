# tree-sitter and its bash grammar: C sources out of two npm packages, fetched
# once per build directory by lib/Shell/package-lock.json (integrity hashes),
# or out of STARTON_SHELL_GRAMMAR_DIR, which holds tree-sitter/ and
# tree-sitter-bash/ as a node_modules directory does. Sets STARTON_SHELL_SOURCES
# to that directory, or to nothing: then init-checkconf knows nothing of shell
# texts and says so.
#
# Not Debian's libtree-sitter-dev: 0.20 reads languages of ABI 13 and 14, the
# grammar's current releases are ABI 15, and no grammar is packaged.
set(STARTON_SHELL AUTO CACHE STRING "Parse shell texts: AUTO (where the grammar can be had), ON, OFF")
set(STARTON_SHELL_GRAMMAR_DIR "" CACHE PATH
  "Directory with the npm packages tree-sitter and tree-sitter-bash, for a build without network")

function(starton_find_shell_grammar result)
  set(${result} "" PARENT_SCOPE)
  if(NOT STARTON_SHELL)
    return()
  endif()
  set(dir ${STARTON_SHELL_GRAMMAR_DIR})
  if(NOT dir)
    set(dir ${CMAKE_BINARY_DIR}/npm/node_modules)
    starton_fetch_shell_grammar(${CMAKE_BINARY_DIR}/npm)
  endif()
  if(EXISTS ${dir}/tree-sitter/vendor/tree-sitter/lib/src/lib.c
     AND EXISTS ${dir}/tree-sitter-bash/src/parser.c)
    set(${result} ${dir} PARENT_SCOPE)
  elseif(STARTON_SHELL STREQUAL "ON")
    message(FATAL_ERROR "The shell's grammar is not in ${dir}; see STARTON_SHELL_GRAMMAR_DIR")
  endif()
endfunction()

function(starton_fetch_shell_grammar dir)
  set(lock ${CMAKE_SOURCE_DIR}/lib/Shell/package-lock.json)
  file(SHA256 ${lock} wanted)
  set(present "")
  if(EXISTS ${dir}/fetched)
    file(READ ${dir}/fetched present)
  endif()
  if(present STREQUAL wanted)
    return()
  endif()
  find_program(NPM npm)
  if(NOT NPM)
    return()
  endif()
  file(COPY ${lock} ${CMAKE_SOURCE_DIR}/lib/Shell/package.json DESTINATION ${dir})
  message(STATUS "Fetching the shell's grammar")
  execute_process(
    COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund --loglevel=error
    WORKING_DIRECTORY ${dir} RESULT_VARIABLE failed
    OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(failed)
    message(WARNING "npm ci failed:\n${output}")
    file(REMOVE_RECURSE ${dir}/node_modules)
    return()
  endif()
  file(WRITE ${dir}/fetched ${wanted})
endfunction()

starton_find_shell_grammar(STARTON_SHELL_SOURCES)
if(STARTON_SHELL_SOURCES)
  message(STATUS "Shell texts: parsed, with the grammar in ${STARTON_SHELL_SOURCES}")
else()
  message(STATUS "Shell texts: not parsed, their checks are off (no npm, or STARTON_SHELL=OFF)")
endif()
