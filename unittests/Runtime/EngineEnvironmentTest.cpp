// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The job environment and its changes (runtime §3.5, §8.4).

#include "AllocationFaults.h"
#include "SimHost.h"
#include "gtest/gtest.h"
#include <algorithm>

using namespace starton;
using namespace starton::test;
using engine::Input;
using engine::Slot;

namespace {

constexpr auto Set = Input::Kind::SetEnv;
constexpr auto Unset = Input::Kind::UnsetEnv;
constexpr auto Reset = Input::Kind::ResetEnv;

engine::InstanceId instanceOf(const SimHost &host, const char *job) {
  return host.engine.findInstance(host.engine.findClass(textOf(job)), {});
}

Strings without(Strings all, const Strings &unwanted) {
  for (const std::string &entry : unwanted)
    all.erase(std::remove(all.begin(), all.end(), entry), all.end());
  return all;
}

const Strings Initial{"HOME=/root", "PATH=/bin", "TERM=linux"};

TEST(EngineEnvironment, TheGlobalOne) {
  SimHost host(Compiled(Files{{"foo", "exec run\n"}}));
  EXPECT_EQ(host.environmentOf(), Initial);
  EXPECT_EQ(host.answer(host.environment(Set, {"A=1", "B"})), "ok");
  EXPECT_EQ(host.environment(Set, {"A=2", "C=3", "C=4"}, true) != 0, true);
  EXPECT_EQ(without(host.environmentOf(), Initial),
            (Strings{"A=1", "B=", "C=3"}));
  host.environment(Set, {"A=3", "C=5", "C=6"});
  engine::Text value;
  EXPECT_TRUE(host.engine.getEnv(engine::NoInstance, textOf("C"), value));
  EXPECT_EQ(std::string(value.data(), value.size()), "6");
  // Exact names only (quirk 154), and unknown ones are no error.
  host.environment(Set, {"FOO=1", "FOOBAR=2"});
  EXPECT_EQ(host.answer(host.environment(Unset, {"FOOBAR", "X", "A=3"})), "ok");
  EXPECT_EQ(without(host.environmentOf(), Initial),
            (Strings{"A=3", "B=", "C=6", "FOO=1"}));
  EXPECT_EQ(host.answer(host.environment(Reset)), "ok");
  EXPECT_EQ(host.environmentOf(), Initial);
  EXPECT_FALSE(host.engine.getEnv(engine::NoInstance, textOf("A"), value));
  EXPECT_EQ(host.answer(host.environment(Set, {"=x"})),
            "Variable may not be empty string");
  EXPECT_EQ(host.broken(), "");
}

TEST(EngineEnvironment, SystemModeStartsWithTwoVariables) {
  SimHost::Settings settings;
  settings.userMode = false;
  SimHost host(Compiled(Files{{"foo", "exec run\n"}}), settings);
  host.environment(Set, {"A=1"});
  host.environment(Reset);
  EXPECT_EQ(host.environmentOf(), (Strings{"PATH=/bin", "TERM=linux"}));
}

TEST(EngineEnvironment, AChangeReachesTheNextProcessOfEveryInstance) {
  SimHost host(Compiled(Files{{"foo", "env C=class\nenv GONE\nexec run\n"
                                      "post-stop exec exit 0\n"}}));
  host.start("foo", {"D=delta"});
  host.environment(Set, {"A=1", "C=1", "D=1", "GONE=1"});
  host.stop("foo");
  for (const char *key : {"A", "C", "D", "GONE"})
    EXPECT_EQ(host.variable("foo", key, Slot::PostStop), "1") << key;
  // A new start is built of the class's again.
  host.start("foo", {"D=delta"});
  EXPECT_EQ(host.variable("foo", "A"), "1");
  EXPECT_EQ(host.variable("foo", "C"), "class");
  EXPECT_EQ(host.variable("foo", "D"), "delta");
  EXPECT_EQ(host.variable("foo", "GONE"), "(unset)");
  host.environment(Unset, {"A", "C", "D", "HOME"});
  EXPECT_EQ(without(host.environmentOf(instanceOf(host, "foo")), Initial),
            Strings());
  host.stop("foo");
  for (const char *key : {"A", "C", "D", "HOME"})
    EXPECT_EQ(host.variable("foo", key, Slot::PostStop), "(unset)") << key;
  EXPECT_EQ(host.broken(), "");
}

TEST(EngineEnvironment, RetainKeepsWhatHasAValue) {
  SimHost host(Compiled(Files{{"foo", "env C=class\nenv GONE\nexec run\n"}}));
  host.start("foo", {"D=delta"});
  host.environment(Set, {"C=1", "D=1", "GONE=1", "HOME=1", "NEW=1", "NEW=2"},
                   true);
  EXPECT_EQ(without(host.environmentOf(instanceOf(host, "foo")), Initial),
            (Strings{"C=class", "D=delta", "GONE=1", "NEW=1"}));
  EXPECT_EQ(without(host.environmentOf(), Initial),
            (Strings{"C=1", "D=1", "GONE=1", "NEW=1"}));
}

TEST(EngineEnvironment, AnInstanceDoesNotSeeAReset) {
  SimHost host(Compiled(Files{{"foo", "env C=class\nexec run\n"}}));
  host.environment(Set, {"A=1", "C=1", "HOME=/other"});
  host.environment(Unset, {"TERM"});
  host.start("foo", {"D=delta"});
  Strings before = host.environmentOf(instanceOf(host, "foo"));
  EXPECT_EQ(before,
            (Strings{"A=1", "C=class", "D=delta", "HOME=/other", "PATH=/bin"}));
  host.environment(Reset);
  EXPECT_EQ(host.environmentOf(instanceOf(host, "foo")), before);
  EXPECT_EQ(host.environmentOf(), Initial);
  // But what comes later.
  host.environment(Set, {"A=2", "TERM=vt100"});
  EXPECT_EQ(host.environmentOf(instanceOf(host, "foo")),
            (Strings{"A=2", "C=class", "D=delta", "HOME=/other", "PATH=/bin",
                     "TERM=vt100"}));
  // And when it is built anew.
  host.restart("foo");
  EXPECT_EQ(
      host.environmentOf(instanceOf(host, "foo")),
      (Strings{"A=2", "C=class", "HOME=/root", "PATH=/bin", "TERM=vt100"}));
  EXPECT_EQ(host.broken(), "");
}

TEST(EngineEnvironment, OfOneInstance) {
  SimHost host(Compiled(Files{{"foo", "env C=class\nexec run\n"
                                      "post-stop exec exit 0\nexport A\n"},
                              {"bar", "exec run\n"}}));
  host.start("foo", {"D=delta"});
  host.start("bar");
  engine::InstanceId foo = instanceOf(host, "foo");
  host.environment(Set, {"A=1", "C", "D=1"}, false, foo);
  host.environment(Set, {"A=2", "E=2"}, true, foo);
  EXPECT_EQ(without(host.environmentOf(foo), Initial),
            (Strings{"A=1", "C=", "D=1", "E=2"}));
  EXPECT_EQ(host.environmentOf(instanceOf(host, "bar")), Initial);
  EXPECT_EQ(host.environmentOf(), Initial);
  host.environment(Unset, {"C", "D", "HOME", "E", "E"}, false, foo);
  EXPECT_EQ(host.environmentOf(foo),
            (Strings{"A=1", "PATH=/bin", "TERM=linux"}));
  std::string longValue(5000, 'x');
  host.environment(Set, {"A=" + longValue}, false, foo);
  host.forget();
  host.stop("foo");
  EXPECT_EQ(host.variable("foo", "A", Slot::PostStop), longValue);
  EXPECT_EQ(host.finished().back(),
            "stopped JOB=foo INSTANCE= RESULT=ok A=" + longValue);
  host.start("foo", {"D=delta"});
  foo = instanceOf(host, "foo");
  host.environment(Reset, {}, false, foo);
  EXPECT_EQ(without(host.environmentOf(foo), Initial), Strings{"C=class"});
  EXPECT_EQ(host.answer(host.environment(Set, {"A=1"}, false, {900, 1})),
            "Unknown instance: ");
  EXPECT_EQ(host.broken(), "");
}

TEST(EngineEnvironment, AChangeDoesNotGrow) {
  SimHost host(Compiled(Files{{"foo", "env C=class\nexec run\n"}}));
  host.start("foo");
  engine::InstanceId foo = instanceOf(host, "foo");
  for (int i = 0; i < 3000; ++i) {
    std::string name = "NAME" + std::to_string(i);
    host.environment(Set, {name + "=1", "C=2"}, false, foo);
    host.environment(Set, {name + "=2"});
    host.environment(Unset, {name, "C"});
    if (i % 10 == 0)
      host.environment(Reset);
  }
  EXPECT_EQ(host.environmentOf(foo), Initial);
  EXPECT_EQ(host.environmentOf(), Initial);
}

TEST(EngineEnvironment, ManyVariablesOfOneClassAndFewOfAnother) {
  std::string text = "exec run\nrespawn\n";
  for (int i = 0; i < 400; ++i)
    text += "env V" + std::to_string(i) + "=1\n";
  SimHost host(Compiled(Files{{"foo", text}, {"bar", "exec run\n"}}));
  host.start("foo");
  host.start("bar");
  host.kill(host.pid("foo"), 9);
  EXPECT_EQ(host.variable("foo", "V399"), "1");
  EXPECT_EQ(host.status("foo"), "start/running");
}

TEST(EngineEnvironment, IsChangedWholeOrNotAtAll) {
  unsigned refused = 0;
  for (auto [kind, global] :
       {std::pair(Set, true), std::pair(Unset, true), std::pair(Reset, true),
        std::pair(Set, false), std::pair(Unset, false),
        std::pair(Reset, false)}) {
    SimHost host(Compiled(
        Files{{"foo",
               "instance $N\nenv C=class\nenv T=$N\nexport A C\nexec run\n"}}));
    host.environment(Set, {"A=1", "HOME=/other"});
    for (const char *n : {"N=1", "N=2", "N=3"})
      host.start("foo", {n});
    Strings variables{"A", "C", "HOME"};
    if (kind == Set)
      variables = {"A=" + std::string(1000, 'a'), "C=1",
                   "NEW=" + std::string(99, 'n')};
    engine::ClassIndex job = host.engine.findClass(textOf("foo"));
    engine::InstanceId one = host.engine.findInstance(job, textOf("1"));
    engine::InstanceId two = host.engine.findInstance(job, textOf("2"));
    auto all = [&] {
      return std::vector<Strings>{host.environmentOf(), host.environmentOf(one),
                                  host.environmentOf(two)};
    };
    std::vector<Strings> before = all();
    uint64_t request = 0;
    refused += untilMemorySuffices(
        [&, kind = kind, global = global] {
          request =
              host.environment(kind, kind == Reset ? Strings{} : variables,
                               false, global ? engine::NoInstance : one);
          return request != 0;
        },
        [&] { EXPECT_EQ(all(), before); });
    EXPECT_EQ(host.answer(request), "ok");
    EXPECT_NE(all(), before);
    // No more is needed to go on.
    AllocationFaults::arm(0);
    host.shutdown("shutdown");
    AllocationFaults::disarm();
    EXPECT_EQ(host.leftOver(), "");
  }
  EXPECT_GT(refused, 20U);
}

} // namespace
