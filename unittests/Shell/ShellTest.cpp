// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Summary.h"
#include "starton/Shell/Forks.h"
#include "gtest/gtest.h"

using namespace starton;
using namespace starton::shell;
using namespace starton::shell::test;

namespace {

class ShellTest : public testing::Test {
protected:
  void SetUp() override {
    if (!isAvailable())
      GTEST_SKIP() << "built without the shell's grammar";
  }

  const ShellFacts &parse(llvm::StringRef text) {
    facts = parser.parseText(text);
    EXPECT_EQ(findDisorder(facts), "") << text.str();
    return facts;
  }
  std::string commands(llvm::StringRef text) { return summary(parse(text)); }
  std::string calls(llvm::StringRef text) { return callSummary(parse(text)); }

  ShellParser parser;
  ShellFacts facts;
};

TEST_F(ShellTest, wordsAreWhatTheCommandGets) {
  EXPECT_EQ(commands("a b\\ c 'd e' \"f g\" h\"i\"'j' '' x\\\ny\n"),
            "tail:| a b c d e f g hij '' xy\n");
  EXPECT_EQ(commands("a \"x\\y\\$z\" 'q\\'\n"), "tail:| a x\\y$z q\\\n");
  EXPECT_EQ(commands("a $b \"$c\" ${d}e f$(g) *.h ~/i \"`j`\" $((1+k))\n"),
            "tail:| a <b> <\"c> <d>e f<()> *.h ~/i <\"()> <+>\n"
            "subst:| g\nsubst:| j\n");
}

TEST_F(ShellTest, literalWordsAreMarked) {
  parse("a 'b c' $d x\"$e\"y\n");
  ASSERT_EQ(facts.words.size(), 4u);
  EXPECT_TRUE(facts.words[1].isLiteral);
  EXPECT_EQ(facts.words[1].value, "b c");
  EXPECT_EQ(facts.words[1].range, (Range{2, 7}));
  EXPECT_TRUE(facts.words[2].hasUnquoted);
  EXPECT_FALSE(facts.words[3].isLiteral);
  EXPECT_FALSE(facts.words[3].hasUnquoted);
  EXPECT_EQ(facts.words[3].value, "x");
}

TEST_F(ShellTest, contextOfLists) {
  EXPECT_EQ(commands("a && b || c\nd; e & f\n"),
            "guard:| a\nbranch,guard:| b\nbranch:| c\n:| d\nback:| e\n"
            "tail:| f\n");
  EXPECT_EQ(commands("a | b && c | d\n"),
            "pipe,guard:| a\npipe,guard:| b\n"
            "pipe,branch,guard:| c\npipe,branch:| d\n");
  EXPECT_EQ(commands("! a | b\n! c\n"),
            "pipe,not,guard:| a\npipe,not,guard:| b\nnot,tail,guard:| c\n");
  EXPECT_EQ(commands("a && b &\n"), "back,guard:| a\nback,branch:| b\n");
}

TEST_F(ShellTest, contextOfCompounds) {
  EXPECT_EQ(commands("if a; then b; elif c; then d; else e; fi\n"),
            "cond,guard:| a\nbranch,tail:| b\ncond,branch,guard:| c\n"
            "branch,tail:| d\nbranch,tail:| e\n");
  EXPECT_EQ(commands("while a; do b; done\nfor i in $(c); do d; done\n"),
            "cond,loop,guard:| a\nbranch,loop:| b\nsubst:| c\n"
            "branch,loop:| d\n");
  EXPECT_EQ(commands("case $(a) in b|c) d;; *) e; f;; esac\n"),
            "subst:| a\nbranch,tail:| d\nbranch:| e\nbranch,tail:| f\n");
  EXPECT_EQ(commands("(a; b)\n{ c; d; }\nf() { g; }\n"),
            "sub:| a\nsub:| b\n:| c\n:| d\nfunc:| g\n");
}

TEST_F(ShellTest, nothingRunsBehindExecAndExit) {
  EXPECT_EQ(commands("exec a\nb\n"), ": exec|| exec a\ntail,dead:| b\n");
  EXPECT_EQ(commands("exec >f\nb\n"), ": exec| exec {>f}\ntail:| b\n");
  EXPECT_EQ(commands("a || exit\nb\n"), "guard:| a\nbranch:| exit\ntail:| b\n");
}

TEST_F(ShellTest, redirections) {
  EXPECT_EQ(commands("a >b c 2>&1 d < e\n"), "tail:| a c d {>b} {2>&1} {<e}\n");
  EXPECT_EQ(commands(">b a\n> c\n"), ":| a {>b}\ntail: {>c}\n");
  EXPECT_EQ(commands("a && b > c\n"), "guard:| a\nbranch,tail:| b {>c}\n");
  EXPECT_EQ(
      commands("cat <<END | a\n$b $(c)\nEND\nd\n"),
      "pipe,guard:| cat {<<}\npipe,subst,guard:| c\npipe:| a\ntail:| d\n");
  EXPECT_EQ(useSummary(facts), "b \n");
  EXPECT_EQ(commands("cat <<'END'\n$b `c`\nEND\n"), "tail:| cat {<<}\n");
  EXPECT_EQ(useSummary(facts), "");
  ASSERT_EQ(facts.redirects.size(), 1u);
  EXPECT_EQ(facts.text.slice(facts.redirects[0].body.begin,
                             facts.redirects[0].body.end),
            "$b `c`\n");
}

TEST_F(ShellTest, testsAreCommands) {
  EXPECT_EQ(commands("[ -f \"$a\" -a x$b = y ] || c\n"),
            "guard:| [ -f <\"a> -a x<b> = y ]\nbranch,tail:| c\n");
  EXPECT_EQ(commands("[[ $a == b* ]]\n"), "tail:| [[ <a> == b* ]]\n");
}

TEST_F(ShellTest, definitions) {
  parse("A=1 B=$c d\nE=\nexport F G=x\nread -r h i < j\nfor k in l; do m; "
        "done\nunset n\ngetopts ab o\n: ${p:=q}\nlocal r=s\n");
  EXPECT_EQ(definitionSummary(facts),
            "prefix A\nprefix B\nassign E\nexport F\nexport G\nread h\n"
            "read i\nloop k\nunset n\ngetopts o\ngetopts OPTARG\n"
            "getopts OPTIND\ndefault p\nlocal r\n");
}

TEST_F(ShellTest, uses) {
  parse("a $b ${c} ${d:-$e} ${f+g} ${h:?i} ${j%k} ${#l} $((m + $n)) $1 $@ "
        "'$o' \"$p\" \\$q\n");
  EXPECT_EQ(useSummary(facts), "b \nc \nd-\ne \nf+\nh?\nj \nl \nma\nn \np \n");
}

TEST_F(ShellTest, sourcedFilesFunctionsBackticksEval) {
  parse("[ -r /a ] && . /a\nsource $b\nf() { c; }\nd `e`\nset +e\n");
  ASSERT_EQ(facts.sourced.size(), 2u);
  EXPECT_EQ(facts.words[facts.sourced[0].word].value, "/a");
  ASSERT_EQ(facts.functions.size(), 1u);
  EXPECT_EQ(facts.functions[0].name, "f");
  ASSERT_EQ(facts.backticks.size(), 1u);
  EXPECT_EQ(facts.text.slice(facts.backticks[0].begin, facts.backticks[0].end),
            "`e`");
  EXPECT_TRUE(facts.changesErrexit);
  EXPECT_FALSE(facts.usesEval);
  EXPECT_TRUE(parse("eval $x\n").usesEval);
  EXPECT_TRUE(parse("$x\n").usesEval);
}

TEST_F(ShellTest, wrappers) {
  EXPECT_EQ(commands("exec nice -n 5 ionice -c3 setsid cron -f\n"),
            "tail: exec| nice| ionice| setsid|| exec nice -n 5 ionice -c3 "
            "setsid cron -f\n");
  EXPECT_EQ(facts.programOf(facts.commands[0]), "cron");
  EXPECT_TRUE(facts.replacesShell(facts.commands[0]));
  parse("exec start-stop-daemon --start --chuid $u --exec /usr/bin/d -- -x\n");
  EXPECT_EQ(facts.programOf(facts.commands[0]), "d");
  const Layer &last = facts.layersOf(facts.commands[0]).back();
  EXPECT_EQ(facts.words[last.firstArgument].value, "-x");
  EXPECT_EQ(commands("su -s /bin/sh -c 'exec a b' user\n"),
            "tail: su(exec a b)| su -s /bin/sh -c exec a b user\n");
  EXPECT_EQ(commands("sh -ec 'a'\nsh -x /b c\n"),
            ": shell(a)| sh -ec a\ntail: shell|| sh -x /b c\n");
  parse("sudo -u x -E A=b /usr/bin/p q\nenv -i X=1 r\ncommand -v s\n");
  EXPECT_EQ(facts.programOf(facts.commands[0]), "p");
  EXPECT_EQ(facts.programOf(facts.commands[1]), "r");
  EXPECT_EQ(facts.programOf(facts.commands[2]), "");
  parse("exec minijail0 -u a -g b -c 0x1 -n -i -- /usr/sbin/t -v\n");
  EXPECT_EQ(facts.programOf(facts.commands[0]), "t");
}

TEST_F(ShellTest, callsOfInitctl) {
  EXPECT_EQ(calls("initctl emit a B=1 C=\"$d\" --no-wait\n"),
            "emit a B=1 C=? &\n");
  EXPECT_EQ(calls("/sbin/initctl --quiet emit -n a-$b\n"), "emit a-*? &\n");
  EXPECT_EQ(calls("initctl start x Y=z || true\nstop w\nexec restart v\n"),
            "start x Y=z\nstop w\nrestart v\n");
}

TEST_F(ShellTest, callsOverOtherWays) {
  EXPECT_EQ(calls("service a start\nservice b status\n"),
            "start a\nstatus b\n");
  EXPECT_EQ(calls("dbus-send --system --dest=com.ubuntu.Upstart "
                  "/com/ubuntu/Upstart com.ubuntu.Upstart0_6.EmitEvent "
                  "string:net-up array:string:\"A=$b\",\"C=d\"\n"),
            "emit net-up A=? C=d\n");
  EXPECT_EQ(
      calls("gdbus call --system --dest com.ubuntu.Upstart "
            "--object-path /com/ubuntu/Upstart --method "
            "com.ubuntu.Upstart0_6.EmitEvent e \"['A=1','B=2']\" false\n"),
      "emit e A=1 B=2 &\n");
}

TEST_F(ShellTest, namesThatAreFunctionsAreNoCalls) {
  EXPECT_EQ(calls("start() { :; }\nstart x\n"), "");
  EXPECT_EQ(calls("initctl list\nstatus\necho start x\n"), "");
}

TEST_F(ShellTest, commandsOfExecStanzas) {
  facts = parser.parseCommand("/bin/a  b\tc%d");
  EXPECT_TRUE(facts.withoutShell);
  EXPECT_EQ(summary(facts), "tail:| /bin/a b c%d\n");
  EXPECT_EQ(facts.words[1].range, (Range{8, 9}));

  facts = parser.parseCommand("/bin/a $B \"c\" > d");
  EXPECT_FALSE(facts.withoutShell);
  EXPECT_EQ(summary(facts), "tail: exec|| /bin/a <B> c {>d}\n");
  EXPECT_EQ(facts.wordsOf(facts.commands[0])[1].range, (Range{7, 9}));
  EXPECT_EQ(facts.uses[0].range, (Range{7, 9}));
  EXPECT_EQ(findDisorder(facts), "");

  facts = parser.parseCommand("A=1 b; c");
  EXPECT_EQ(summary(facts), ": exec|| A=1 b\ntail,dead:| c\n");
}

TEST_F(ShellTest, whatIsNoShellIsUnknown) {
  EXPECT_FALSE(parse("if a; then\nb\n").complete);
  EXPECT_FALSE(parse("a ( b\n").complete);
  EXPECT_FALSE(parse("cat <<E\n`a`\nE\n").complete);
  EXPECT_TRUE(parse("cat <<'E'\n`a`\nE\n").complete);
  EXPECT_FALSE(parse(llvm::StringRef("a\0b", 3)).complete);
  EXPECT_FALSE(parser.parseText(std::string(MaxTextSize + 1, ' ')).complete);
  EXPECT_FALSE(parse("A=$B/b:$C/b:D\n").complete &&
               facts.commands[0].wordCount != 0);
  EXPECT_TRUE(parse("").complete);
  EXPECT_TRUE(parse("\n# x\n").complete);
}

TEST_F(ShellTest, forksBeforeTheLastExec) {
  auto forks = [&](llvm::StringRef text) {
    parse(text);
    std::string list;
    uint32_t exec = finalExec(facts);
    if (exec == None)
      return std::string("no exec");
    for (const Fork &fork : forksBefore(facts, exec))
      list += facts.text.slice(fork.range.begin, fork.range.end).str() +
              (fork.conditional ? "?;" : ";");
    return list;
  };
  EXPECT_EQ(forks("mkdir -p /a\n[ -f b ] && . b\nexport X=1\nexec c\n"),
            "mkdir -p /a;");
  EXPECT_EQ(forks("X=$(a)\nexec b \"$(c)\"\n"), "$(a);$(c);");
  EXPECT_EQ(forks("[ -x a ] || { stop; exit 0; }\nexec b\n"), "");
  EXPECT_EQ(forks("[ -d a ] || mkdir a\nexec b\n"), "mkdir a?;");
  EXPECT_EQ(forks("if a; then b; exec c; fi\nexec d\n"), "a;b?;");
  EXPECT_EQ(forks("echo x | a\n(b)\nc &\nexec d\n"), "echo x | a;(b);c;");
  EXPECT_EQ(forks("f() { a; }\nexec b >c\nd\n"), "");
  EXPECT_EQ(forks("/bin/echo x\ncd y\nexec b\n"), "/bin/echo x;");
  EXPECT_EQ(forks("a\n"), "no exec");
}

TEST_F(ShellTest, forksOfFunctionsThatAreCalled) {
  auto forks = [&](llvm::StringRef text) {
    parse(text);
    std::string list;
    for (const Fork &fork : forksBefore(facts, finalExec(facts)))
      list += facts.text.slice(fork.range.begin, fork.range.end).str() +
              (fork.conditional ? "?;" : ";");
    return list;
  };
  EXPECT_EQ(forks("f() { mkdir a; }\nf\nexec b\n"), "mkdir a;");
  EXPECT_EQ(forks("f() { X=$(date); }\nf\nexec b\n"), "$(date);");
  EXPECT_EQ(forks("f() { a; }\nif x=1; then f; fi\nexec b\n"), "a?;");
  EXPECT_EQ(forks("f() { [ a ] && b; c; }\nf\nexec d\n"), "c;");
  EXPECT_EQ(forks("f() { a; }\ng() { f; }\ng\nexec b\n"), "a;");
  EXPECT_EQ(forks("g() { f; }\nf() { a; }\ng\nexec b\n"), "a;");
  EXPECT_EQ(forks("f() { a; }\n(f)\nexec b\n"), "(f);");
  EXPECT_EQ(forks("f() { a; [ b ] || exit 1; }\nf\nexec b\n"), "a;");
  // Never called, or never back.
  EXPECT_EQ(forks("f() { a; }\ng() { f; }\nexec b\n"), "");
  EXPECT_EQ(forks("f() { a; exit 1; }\n[ x ] || f\nexec b\n"), "");
  EXPECT_EQ(forks("f() { a; g; }\ng() { exit; }\n[ x ] || f\nexec b\n"), "");
  EXPECT_EQ(forks("g() { exit; }\nif x=1; then a; g; fi\nexec b\n"), "");
  EXPECT_EQ(forks("f() { return; a; }\nf\nexec b\n"), "");
  EXPECT_EQ(forks("f() { :; }\nf\nexec b\n"), "");
  // Which of the two is not sure.
  EXPECT_EQ(forks("f() { a; }\nf() { :; }\nf\nexec b\n"), "");
  EXPECT_EQ(forks("f() { g; }\ng() { f; }\nf\nexec b\n"), "");
  EXPECT_EQ(forks("f() { f; a; }\nf\nexec b\n"), "a;");
  EXPECT_EQ(forks("f() { g() { a; }; }\nf\nexec b\n"), "");
  EXPECT_EQ(forks("f() { :; }\n/bin/f\nexec b\n"), "/bin/f;");
}

TEST_F(ShellTest, manyFunctionsThatCallEachOther) {
  std::string text;
  constexpr int Count = 3000;
  for (int i = 0; i != Count; ++i)
    text += "f" + std::to_string(i) + "() { f" + std::to_string(i + 1) +
            "; f0; }\n";
  text += "f" + std::to_string(Count) + "() { a; }\nf0\nexec b\n";
  parse(text);
  std::vector<Fork> forks = forksBefore(facts, finalExec(facts));
  ASSERT_EQ(forks.size(), 1u);
  EXPECT_EQ(facts.nameOf(facts.commands[forks[0].command]), "a");
}

TEST(ShellForegroundTest, flagsOfKnownDaemons) {
  ShellParser parser;
  ShellFacts facts = parser.parseCommand("/usr/sbin/cron -L 1 -f");
  llvm::ArrayRef<Word> words = facts.wordsOf(facts.commands[0]);
  EXPECT_EQ(foregroundFlag("cron", words.drop_front()), 2u);
  EXPECT_EQ(foregroundFlag("cron", words.slice(1, 2)), None);
  EXPECT_EQ(foregroundFlag("unheard-of", words.drop_front()), None);
}

TEST(ShellForegroundTest, flagsWrittenTogetherAndSettings) {
  ShellParser parser;
  auto flag = [&](llvm::StringRef program, llvm::StringRef arguments) {
    std::string command = program.str() + " " + arguments.str();
    ShellFacts facts = parser.parseCommand(command);
    return foregroundFlag(program,
                          facts.wordsOf(facts.commands[0]).drop_front());
  };
  EXPECT_EQ(flag("sshd", "-eD"), 0u);
  EXPECT_EQ(flag("sshd", "-p 22 -4De"), 2u);
  EXPECT_EQ(flag("sshd", "-eDp 22"), 0u);
  // A letter with a value ends them.
  EXPECT_EQ(flag("sshd", "-fD"), None);
  EXPECT_EQ(flag("sshd", "-e"), None);
  EXPECT_EQ(flag("cron", "-lf"), 0u);
  EXPECT_EQ(flag("acpid", "-lf"), None);
  EXPECT_EQ(flag("nginx", "-c /x -g 'daemon off;'"), 3u);
  EXPECT_EQ(flag("nginx", "-g'user a; daemon  off'"), 0u);
  EXPECT_EQ(flag("nginx", "-g 'daemon on;'"), None);
  EXPECT_EQ(flag("nginx", "-c 'daemon off;'"), None);
  EXPECT_EQ(flag("apache2", "-DFOREGROUND"), 0u);
  EXPECT_EQ(flag("httpd", "-k start -D FOREGROUND"), 3u);
  EXPECT_EQ(flag("httpd", "-k start -D SSL"), None);
}

} // namespace
