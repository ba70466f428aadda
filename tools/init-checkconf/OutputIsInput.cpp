// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A report or a table must not take the place of what it is about.

#include "Check.h"
#include "starton/Config/Configuration.h"
#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>

using namespace starton;
using namespace starton::checkconf;

namespace {

std::optional<check::FileId> idOf(const std::string &path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
    return std::nullopt;
  return check::FileId(status.st_dev, status.st_ino);
}

/// The same where links are followed below --root.
std::optional<check::FileId> idBelow(const sema::FileSystem &system,
                                     const std::string &path) {
  sema::Descriptor file(system.open(path, O_PATH));
  struct stat status;
  if (!file.isOpen() || fstat(file.get(), &status) != 0)
    return std::nullopt;
  return check::FileId(status.st_dev, status.st_ino);
}

bool wasRead(const check::FileId &id, const Options &options,
             const Inputs &inputs, const Policy *policy) {
  std::vector<std::string> others = inputs.catalogues;
  if (policy)
    for (std::string &path : policy->filesRead())
      others.push_back(std::move(path));
  auto isIt = [&](const std::string &path) { return idOf(path) == id; };
  if (std::any_of(others.begin(), others.end(), isIt) ||
      std::find(inputs.rootFiles.begin(), inputs.rootFiles.end(), id) !=
          inputs.rootFiles.end())
    return true;
  sema::FileSystem system(options.root);
  return std::any_of(
      inputs.files.begin(), inputs.files.end(), [&](const CheckedFile &file) {
        return isIt(file.path) ||
               (!options.root.empty() && idBelow(system, file.path) == id);
      });
}

} // namespace

bool checkconf::outputIsInput(const Options &options, const Inputs &inputs,
                              const Policy *policy) {
  if (options.output.empty())
    return false;
  // The old table keeps its bytes under another name.
  std::vector<std::string> written = {options.output};
  if (options.emit == Emit::Table)
    written.push_back(options.output + ".prev");
  bool both = false;
  for (const std::string &path : written)
    if (std::optional<check::FileId> id = idOf(path))
      both = both || wasRead(*id, options, inputs, policy);
  // A baseline that is yet to be written has no identity.
  if (options.writeBaseline)
    both = both || config::absolutePath(options.baseline) ==
                       config::absolutePath(options.output);
  if (both)
    printError("'" + report::displayText(options.output) +
               "' is both input and output");
  return both;
}
