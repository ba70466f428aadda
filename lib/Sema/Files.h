// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// readSource() for the files of a walk.

#ifndef STARTON_LIB_SEMA_FILES_H
#define STARTON_LIB_SEMA_FILES_H

#include "starton/Basic/Source.h"
#include "starton/Sema/FileSystem.h"

namespace starton::sema {

/// As readSource(), through \p files.
std::unique_ptr<SourceBuffer> readSource(const FileSystem &files,
                                         const std::string &path,
                                         std::string &error);

} // namespace starton::sema

#endif // STARTON_LIB_SEMA_FILES_H
