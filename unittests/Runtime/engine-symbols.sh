#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# engine-symbols.sh ARCHIVE...
#
# The engine is pure and never ends the process: it needs nothing but itself,
# memory functions of the C library, and the one seam to the allocator. No
# system call, no clock, no exception, no throwing allocation, no abort.

nm -u "$@" | sed -n 's/^ *[Uw] //p' | sort -u |
	grep -v -x -E '_ZNK?7starton.*|_ZN7starton.*|mem(chr|cmp|cpy|mem|move|set)|strlen|strerrordesc_np|malloc|realloc|free' &&
	{ echo "the symbols above may not be used here"; exit 1; }
exit 0
