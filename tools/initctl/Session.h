// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What every command of initctl works with: the options, the connection
// (opened when first needed) and the two ways to print.

#ifndef STARTON_TOOLS_INITCTL_SESSION_H
#define STARTON_TOOLS_INITCTL_SESSION_H

#include "Options.h"
#include "starton/Runtime/Control/Client.h"
#include <memory>
#include <string>
#include <vector>

namespace starton::initctl {

class Session {
public:
  Session(std::string program, Options options)
      : options(std::move(options)), program(std::move(program)) {}

  const Options options;

  const std::vector<std::string> &words() const { return options.words; }
  /// The words behind the first: KEY=VALUE arguments.
  std::vector<std::string> environmentWords() const;

  /// To standard output, unless --quiet; \p text ends its own lines.
  void print(const std::string &text);
  /// The same even then; returns true.
  bool show(const std::string &text);
  /// With --verbose only.
  void inform(const std::string &text);
  /// "initctl: TEXT" to standard error.
  void error(const std::string &text);
  /// The same and the hint at --help. Returns false.
  bool usageError(const std::string &text);
  /// Writes what is buffered; false and an error when that fails.
  bool flush();

  /// False, with an error printed, when the daemon cannot be reached.
  bool connect();
  /// Whether it is a session's daemon; after connect().
  bool isUserMode() const { return userMode; }

  control::Reply call(const control::Call &call);
  std::vector<control::Reply> callAll(const std::vector<control::Call> &calls);
  /// call(), with a failure printed and returned as false.
  bool request(const control::Call &call, control::Reply &reply);

  /// GetJobByName.
  bool findJob(const std::string &name, std::string &path);
  /// Every job, in the daemon's order.
  bool allJobs(std::vector<std::string> &paths);

private:
  std::unique_ptr<control::Client> open(control::CallError &error,
                                        std::string &what);

  std::string program;
  std::unique_ptr<control::Client> client;
  bool userMode = false;
};

/// A method of the manager object.
control::Call managerCall(const char *method,
                          std::vector<control::Argument> arguments = {});
/// Properties.GetAll of \p interface at \p path.
control::Call propertiesCall(const std::string &path, const char *interface);

} // namespace starton::initctl

#endif // STARTON_TOOLS_INITCTL_SESSION_H
