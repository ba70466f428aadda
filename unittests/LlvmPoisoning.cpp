// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Linked into tests and fuzzers that use LLVM's allocators: these poison what
// they have not handed out yet, and the installed LLVM is not instrumented and
// does not lift it again.

// NOLINTBEGIN(readability-identifier-naming): the sanitizer's name
extern "C" const char *__asan_default_options();
extern "C" const char *__asan_default_options() {
  return "allow_user_poisoning=0";
}
// NOLINTEND(readability-identifier-naming)
