// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The floor under every cold-process figure: a static program that does
// nothing.

int main(void) { return 0; }
