// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A system written out of the text of an example (docs/writing-checks.md).

#ifndef STARTON_UNITTESTS_CHECK_TESTSYSTEM_H
#define STARTON_UNITTESTS_CHECK_TESTSYSTEM_H

#include "Sema/TemporaryDirectory.h"
#include "starton/Check/Driver.h"
#include "starton/Check/Graph.h"
#include "starton/Sema/JobSet.h"
#include <map>

namespace starton::check {

class TestSystem {
public:
  explicit TestSystem(llvm::StringRef text,
                      Dialect dialect = Dialect::Upstart113)
      : files(splitExample(text)) {
    sema::SystemOptions options;
    options.dialect = dialect;
    for (const ExampleFile &file : files)
      write(file, options.directories);
    if (options.directories.empty())
      options.directories.push_back(directory.at("etc/init"));
    options.root = directory.root();
    set = sema::loadSystem(options);
    for (llvm::StringRef name : defaultCatalogues(dialect))
      EXPECT_TRUE(catalogue.add(name, "", error)) << error;
  }

  /// As a whole system, or part of one; with its root, or without.
  const System &system(bool partial = false, bool withRoot = false) {
    SystemOptions options;
    options.partial = partial;
    if (withRoot)
      options.root = directory.root();
    made = std::make_unique<System>(set, catalogue, options);
    return *made;
  }

  /// The name of the example's file that \p source is.
  std::string nameOf(const SourceBuffer *source) const {
    auto found = names.find(source ? source->path().str() : "");
    return found == names.end() ? "no file" : found->second;
  }

  uint32_t job(llvm::StringRef name) const {
    for (uint32_t i = 0; i != set.jobs.size(); ++i)
      if (set.jobs[i].name == name)
        return i;
    ADD_FAILURE() << "no job " << name.str();
    return 0;
  }

  const std::vector<ExampleFile> &exampleFiles() const { return files; }

private:
  void write(const ExampleFile &file, std::vector<std::string> &directories) {
    llvm::StringRef name = file.name;
    if (name.ends_with(".yaml")) {
      EXPECT_TRUE(catalogue.addText(file.text, name, error)) << error;
      return;
    }
    if (name.consume_front("/")) {
      directory.file(name, file.text);
      if (name.contains("bin/")) {
        EXPECT_FALSE(llvm::sys::fs::setPermissions(
            directory.at(name), llvm::sys::fs::perms::all_all));
      }
      return;
    }
    // @NAME/FILE is in a configuration directory of its own.
    std::string place = "etc/init";
    if (name.consume_front("@")) {
      auto [own, rest] = name.split('/');
      place = own.str();
      name = rest;
    }
    std::string path = directory.at(place);
    if (!llvm::is_contained(directories, path))
      directories.push_back(path);
    directory.file(place + "/" + name.str(), file.text);
    names[path + "/" + name.str()] = file.name;
  }

  TemporaryDirectory directory;
  std::vector<ExampleFile> files;
  std::map<std::string, std::string> names;
  std::string error;
  Catalogue catalogue;
  sema::JobSet set;
  std::unique_ptr<System> made;
};

} // namespace starton::check

#endif // STARTON_UNITTESTS_CHECK_TESTSYSTEM_H
