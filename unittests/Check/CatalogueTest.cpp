// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Catalogue.h"
#include "Sema/TemporaryDirectory.h"
#include "gtest/gtest.h"

using namespace starton;
using namespace starton::check;

namespace {

TEST(Catalogue, AllThatAreBuiltInAreGood) {
  for (llvm::StringRef name : builtInCatalogues()) {
    Catalogue catalogue;
    std::string error;
    EXPECT_TRUE(catalogue.add(name, "", error)) << error;
    for (const KnownEvent &event : catalogue.events()) {
      EXPECT_FALSE(event.emitter.empty()) << event.name;
      EXPECT_FALSE(event.description.empty()) << event.name;
    }
    EXPECT_NE(catalogue.find("startup"), nullptr) << name.str();
  }
}

TEST(Catalogue, DialectsHaveDefaults) {
  for (Dialect dialect : {Dialect::Upstart113, Dialect::Upstart112,
                          Dialect::Upstart065, Dialect::ChromeOS})
    for (llvm::StringRef name : defaultCatalogues(dialect))
      EXPECT_TRUE(llvm::is_contained(builtInCatalogues(), name));
}

TEST(Catalogue, NamesAndGlobs) {
  Catalogue catalogue;
  std::string error;
  ASSERT_TRUE(catalogue.add("ubuntu-14.04", "", error)) << error;
  ASSERT_NE(catalogue.find("mounted"), nullptr);
  EXPECT_EQ(catalogue.find("mounted")->variables[1], "MOUNTPOINT");
  ASSERT_NE(catalogue.find("net-device-added"), nullptr);
  EXPECT_EQ(catalogue.find("net-device-added")->emitter, "upstart-udev-bridge");
  EXPECT_EQ(catalogue.find("net-device-addded"), nullptr);
}

TEST(Catalogue, LaterEntriesWin) {
  Catalogue catalogue;
  std::string error;
  ASSERT_TRUE(catalogue.addText("name: one\nevents:\n"
                                "  - {name: a, emitter: x, description: d}\n",
                                "one", error));
  ASSERT_TRUE(catalogue.addText("name: two\nevents:\n"
                                "  - {name: a, emitter: y, description: d}\n",
                                "two", error));
  ASSERT_EQ(catalogue.events().size(), 1U);
  EXPECT_EQ(catalogue.find("a")->emitter, "y");
  EXPECT_EQ(catalogue.find("a")->catalogue, "two");
}

TEST(Catalogue, BadTextsAreRefusedWithAPlace) {
  for (const char *text :
       {"", "events: 3\n", "name: x\nevnts: []\n", "name: x\n", "[",
        "name: x\nevents: [{name: a, emitter: b, descripton: c}]\n"}) {
    Catalogue catalogue;
    std::string error;
    EXPECT_FALSE(catalogue.addText(text, "my.yaml", error)) << text;
    EXPECT_TRUE(llvm::StringRef(error).starts_with("my.yaml:")) << error;
  }
}

TEST(Catalogue, FilesBesideTheProgramComeFirst) {
  TemporaryDirectory directory;
  directory.file("upstart.yaml",
                 "name: upstart\nevents:\n"
                 "  - {name: mine, emitter: x, description: d}\n");
  Catalogue catalogue;
  std::string error;
  ASSERT_TRUE(catalogue.add("upstart", directory.root(), error)) << error;
  EXPECT_NE(catalogue.find("mine"), nullptr);
  ASSERT_TRUE(catalogue.add("rhel6", directory.root(), error)) << error;
  EXPECT_NE(catalogue.find("runlevel"), nullptr);
  EXPECT_FALSE(catalogue.add("no-such", directory.root(), error));
  EXPECT_NE(error.find("ubuntu-14.04"), std::string::npos) << error;
  EXPECT_FALSE(catalogue.add(directory.at("none.yaml"), "", error));
}

TEST(Catalogue, PatternsMatchAsInConditions) {
  EXPECT_TRUE(matchesPattern("[2345]", "3"));
  EXPECT_FALSE(matchesPattern("[!2345]", "3"));
  EXPECT_TRUE(matchesPattern("/dev/*", "/dev/a/b"));
  EXPECT_TRUE(matchesPattern("plain", "plain"));
  EXPECT_FALSE(matchesPattern("plain", "plainer"));
}

} // namespace
