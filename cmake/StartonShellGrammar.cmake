# tree-sitter and its bash grammar: C sources out of two packages of the npm
# registry, downloaded once per build directory and held to their hashes, or out
# of STARTON_SHELL_GRAMMAR_DIR, which holds tree-sitter/ and tree-sitter-bash/
# as a node_modules directory does. Sets STARTON_SHELL_SOURCES to that
# directory, or to nothing: then init-checkconf knows nothing of shell texts and
# says so.
#
# Not by npm: its Debian package and that of nodesource exclude one another, and
# an archive of sources needs no Node.js. Not Debian's libtree-sitter-dev: 0.20
# reads languages of ABI 13 and 14, the grammar's current releases are ABI 15,
# and no grammar is packaged.
set(STARTON_SHELL AUTO CACHE STRING "Parse shell texts: AUTO (where the grammar can be had), ON, OFF")
set(STARTON_SHELL_GRAMMAR_DIR "" CACHE PATH
  "Directory with the npm packages tree-sitter and tree-sitter-bash, for a build without network")
set(STARTON_NPM_REGISTRY "https://registry.npmjs.org" CACHE STRING
  "Where those packages are downloaded from")

set(STARTON_SHELL_ARCHIVES
  tree-sitter 0.25.1
  9ab70476462d1dfacad40e9fb373ba171901a344228395d45ea1e1c54390bb46e63e8d34405e17692c7879da5acdd1f0c674828e518a1a022a59d68de1dbd32c
  tree-sitter-bash 0.25.1
  ee1332b6e6083285ceab6e3246e960231b6113d6268206483870b23d34ee25cbba114e78b580fee06dfd7146f6f24c42ea331ffc06cf7d618b42d80f4dd877c7)

# Sets `failed` for its caller where a package cannot be had.
function(starton_fetch_package dir name version hash)
  set(failed "" PARENT_SCOPE)
  if(EXISTS ${dir}/${name}/${hash})
    return()
  endif()
  set(url ${STARTON_NPM_REGISTRY}/${name}/-/${name}-${version}.tgz)
  set(archive ${dir}/${name}.tgz)
  message(STATUS "Downloading ${url}")
  foreach(attempt RANGE 1 3)
    file(DOWNLOAD ${url} ${archive} TLS_VERIFY ON INACTIVITY_TIMEOUT 15 TIMEOUT 120 STATUS status)
    list(GET status 0 code)
    if(code EQUAL 0)
      break()
    endif()
  endforeach()
  if(NOT code EQUAL 0)
    set(failed "${url}: ${status}" PARENT_SCOPE)
    return()
  endif()
  file(SHA512 ${archive} actual)
  if(NOT actual STREQUAL hash)
    set(failed "${url}: has the SHA-512 ${actual}, not ${hash}" PARENT_SCOPE)
    return()
  endif()
  file(REMOVE_RECURSE ${dir}/${name} ${dir}/package)
  file(ARCHIVE_EXTRACT INPUT ${archive} DESTINATION ${dir})
  file(RENAME ${dir}/package ${dir}/${name})
  file(REMOVE ${archive})
  file(TOUCH ${dir}/${name}/${hash}) # last: what is there is whole
endfunction()

function(starton_fetch_shell_grammar dir)
  set(rest ${STARTON_SHELL_ARCHIVES})
  while(rest)
    list(POP_FRONT rest name version hash)
    starton_fetch_package(${dir} ${name} ${version} ${hash})
    if(failed)
      message(WARNING "The shell's grammar cannot be had; checks of shell texts will be off.\n${failed}")
      return()
    endif()
  endwhile()
endfunction()

function(starton_find_shell_grammar result)
  set(${result} "" PARENT_SCOPE)
  if(NOT STARTON_SHELL)
    return()
  endif()
  set(dir ${STARTON_SHELL_GRAMMAR_DIR})
  if(NOT dir)
    set(dir ${CMAKE_BINARY_DIR}/grammar)
    starton_fetch_shell_grammar(${dir})
  endif()
  if(EXISTS ${dir}/tree-sitter/vendor/tree-sitter/lib/src/lib.c
     AND EXISTS ${dir}/tree-sitter-bash/src/parser.c)
    set(${result} ${dir} PARENT_SCOPE)
  elseif(STARTON_SHELL STREQUAL "ON")
    message(FATAL_ERROR "The shell's grammar is not in ${dir}; see STARTON_SHELL_GRAMMAR_DIR")
  endif()
endfunction()

starton_find_shell_grammar(STARTON_SHELL_SOURCES)
if(STARTON_SHELL_SOURCES)
  message(STATUS "Shell texts: parsed, with the grammar in ${STARTON_SHELL_SOURCES}")
else()
  message(STATUS "Shell texts: not parsed, their checks are off (STARTON_SHELL is ${STARTON_SHELL})")
endif()
