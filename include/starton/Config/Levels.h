// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How bad each kind of finding is, by name: what options and configuration
// files say about it, the later over the earlier.

#ifndef STARTON_CONFIG_LEVELS_H
#define STARTON_CONFIG_LEVELS_H

#include "starton/Basic/Diagnostic.h"
#include "starton/Check/Driver.h"

namespace starton::config {

enum class Level : uint8_t { Off, Warning, Error };

/// Stands for every name that can be configured, but switches nothing on that
/// runs another program.
constexpr llvm::StringLiteral AllNames = "all";

/// Whether a finding of this name exists.
bool isFindingName(llvm::StringRef name);
/// Whether its severity may be changed, and a comment may disable it. What
/// Upstart itself rejects, and what could not be read, stays an error.
bool isConfigurable(llvm::StringRef name);
/// "no finding is called 'NAME'; did you mean 'X'?"; X may be AllNames only
/// with \p orAll.
std::string unknownName(llvm::StringRef name, bool orAll = true);
/// Whether it could be meant as the name of a finding, rightly spelt or not.
bool resemblesName(llvm::StringRef name);
/// Why a name that is not configurable is not.
std::string fixedName(llvm::StringRef name);

/// False and \p error set where \p name is no profile.
bool addProfile(llvm::StringRef name, check::ProfileSet &profiles,
                std::string &error);

class Levels {
public:
  explicit Levels(check::ProfileSet profiles = check::Default);

  /// False and \p error set where \p name is unknown or fixed.
  bool set(llvm::StringRef name, Level level, std::string &error);

  const check::Selection &checks() const { return selection; }
  /// Of findings that are no check's; absent: nothing was said about it.
  std::optional<Level> levelOf(DiagId id) const {
    return levels[static_cast<size_t>(id)];
  }

private:
  check::Selection selection;
  std::vector<std::optional<Level>> levels; ///< by DiagId
};

} // namespace starton::config

#endif // STARTON_CONFIG_LEVELS_H
