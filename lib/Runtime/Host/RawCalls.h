// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// System calls without the C library, which would write to errno: for code that
// runs in the memory of another process. STARTON_RAW_CALLS says whether this
// machine and this build have them; sanitizers keep records of their own about
// who runs on which stack, which such code would spoil.

#ifndef STARTON_LIB_RUNTIME_HOST_RAWCALLS_H
#define STARTON_LIB_RUNTIME_HOST_RAWCALLS_H

#include <type_traits>

#if defined(STARTON_ALWAYS_FORK) || defined(__SANITIZE_ADDRESS__) ||           \
    defined(__SANITIZE_THREAD__)
#define STARTON_RAW_CALLS 0
#elif defined(__x86_64__) && defined(__LP64__)
#define STARTON_RAW_CALLS 1
#elif defined(__aarch64__) && defined(__LP64__)
#define STARTON_RAW_CALLS 1
#elif defined(__riscv) && __riscv_xlen == 64
#define STARTON_RAW_CALLS 1
#else
#define STARTON_RAW_CALLS 0
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||     \
    __has_feature(memory_sanitizer)
#undef STARTON_RAW_CALLS
#define STARTON_RAW_CALLS 0
#endif
#endif

#if STARTON_RAW_CALLS

namespace starton::host {

#if defined(__x86_64__)
inline long rawCallOf(long number, long a, long b, long c, long d, long e) {
  register long fourth asm("r10") = d;
  register long fifth asm("r8") = e;
  long result = number;
  asm volatile("syscall"
               : "+a"(result)
               : "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth)
               : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
inline long rawCallOf(long number, long a, long b, long c, long d, long e) {
  register long which asm("x8") = number;
  register long first asm("x0") = a;
  register long second asm("x1") = b;
  register long third asm("x2") = c;
  register long fourth asm("x3") = d;
  register long fifth asm("x4") = e;
  asm volatile("svc #0"
               : "+r"(first)
               : "r"(which), "r"(second), "r"(third), "r"(fourth), "r"(fifth)
               : "memory", "cc");
  return first;
}
#else
inline long rawCallOf(long number, long a, long b, long c, long d, long e) {
  register long which asm("a7") = number;
  register long first asm("a0") = a;
  register long second asm("a1") = b;
  register long third asm("a2") = c;
  register long fourth asm("a3") = d;
  register long fifth asm("a4") = e;
  asm volatile("ecall"
               : "+r"(first)
               : "r"(which), "r"(second), "r"(third), "r"(fourth), "r"(fifth)
               : "memory");
  return first;
}
#endif

template <typename T> long rawArgument(T value) {
  if constexpr (std::is_pointer_v<T>)
    return reinterpret_cast<long>(value);
  else
    return static_cast<long>(value);
}

/// A negative errno, or the result.
template <typename... T> long rawCall(long number, T... arguments) {
  static_assert(sizeof...(T) <= 5);
  long list[5] = {rawArgument(arguments)...};
  return rawCallOf(number, list[0], list[1], list[2], list[3], list[4]);
}

} // namespace starton::host

#endif // STARTON_RAW_CALLS

#endif // STARTON_LIB_RUNTIME_HOST_RAWCALLS_H
