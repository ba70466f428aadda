// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The options of Upstart's script (language §8): long ones also with a single
// dash and abbreviated, which is what getopt_long_only(3) reads.

#include "Options.h"
#include "llvm/ADT/StringRef.h"
#include <getopt.h>

using namespace starton::checkconf;

namespace {

const option longOptions[] = {{"debug", no_argument, nullptr, 'd'},
                              {"file", required_argument, nullptr, 'f'},
                              {"help", no_argument, nullptr, 'h'},
                              {"initctl-path", required_argument, nullptr, 'i'},
                              {"noscript", no_argument, nullptr, 's'},
                              {"upstart-path", required_argument, nullptr, 'x'},
                              {nullptr, 0, nullptr, 0}};

/// What getopt returns for an operand under ShortOptions: their leading '-'
/// asks for operands in place, whatever POSIXLY_CORRECT says.
constexpr int Operand = 1;
constexpr const char *ShortOptions = "-df:hi:sx:";

/// What getopt leaves in optopt for an option it knows.
bool isShortOption(int letter) {
  for (const option *known = longOptions; known->name; ++known)
    if (known->val == letter)
      return true;
  return false;
}

void apply(int code, OldCommandLine &line) {
  switch (code) {
  case 'd':
    line.options.debug = true;
    line.onlyOld = true;
    break;
  case Operand:
    line.options.paths.emplace_back(optarg);
    break;
  case 'f':
    line.options.paths.emplace_back(optarg);
    line.onlyOld = true;
    break;
  case 'h':
    line.help = true;
    break;
  case 's':
    line.options.noScript = true;
    break;
  case 'i':
  case 'x':
    // Paths of the programs that the script drives; nothing is run here.
    line.onlyOld = true;
    break;
  default:
    (isShortOption(optopt) ? line.missing : line.unknown) = true;
    break;
  }
}

} // namespace

OldCommandLine starton::checkconf::parseOldCommandLine(int argc, char **argv,
                                                       bool complain) {
  OldCommandLine line;
  // getopt moves operands to the end; the other reader wants them in place.
  std::vector<char *> words(argv, argv + argc);
  words.push_back(nullptr);
  optind = 0; // starts over, GNU extensions included
  opterr = complain;
  int code = 0;
  while ((code = getopt_long_only(argc, words.data(), ShortOptions, longOptions,
                                  nullptr)) != -1)
    apply(code, line);
  for (int i = optind; i < argc; ++i)
    line.options.paths.emplace_back(words[static_cast<size_t>(i)]);
  return line;
}

std::string starton::checkconf::spellOldOption(const std::string &word) {
  llvm::StringRef name = llvm::StringRef(word).split('=').first;
  if (!name.consume_front("-"))
    return word;
  name.consume_front("-");
  // One letter is a short option.
  if (name.size() < 2)
    return word;
  for (const option *known = longOptions; known->name; ++known)
    if (llvm::StringRef(known->name).starts_with(name))
      return std::string("--") + known->name +
             word.substr(word.find(name) + name.size());
  return word;
}
