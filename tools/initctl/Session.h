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
  const std::string &programName() const { return program; }

  const std::vector<std::string> &words() const { return options.words; }
  /// The words behind the first: KEY=VALUE arguments.
  std::vector<std::string> environmentWords() const;

  /// To standard output, unless --quiet (JSON was asked for as plainly, and is
  /// printed); \p text ends its own lines.
  void print(const std::string &text);
  /// The same even then; returns true.
  bool show(const std::string &text);
  /// With --verbose only.
  void inform(const std::string &text);
  /// "initctl: TEXT" to standard error, behind what was printed before.
  void error(const std::string &text);
  /// The same, for what is no error text of Upstart's: always with a blank.
  void remark(const std::string &text);
  /// error() and the hint at --help. Returns false.
  bool usageError(const std::string &text);
  /// Writes what is buffered; false and an error when that fails.
  bool flush();

  /// False, with an error printed, when the daemon cannot be reached.
  bool connect();
  /// The same without a word: \p problem says why not.
  bool tryConnect(std::string &problem);
  /// Whether it is a session's daemon; after connect().
  bool isUserMode() const { return userMode; }

  control::Reply call(const control::Call &call);
  std::vector<control::Reply> callAll(const std::vector<control::Call> &calls);
  /// call(), with a failure printed and returned as false.
  bool request(const control::Call &call, control::Reply &reply);
  /// The same for a call that returns a \p Type, which must come.
  template <typename Type>
  bool request(const control::Call &call, Type &result) {
    control::Reply reply;
    if (!request(call, reply))
      return false;
    const Type *value = reply.get<Type>();
    if (!value)
      return invalidReply();
    result = *value;
    return true;
  }
  /// The error for a reply that is not what the interface says. Returns false.
  bool invalidReply();

  /// GetJobByName. \p unknown, if given: whether there is no such job.
  bool findJob(const std::string &name, std::string &path,
               bool *unknown = nullptr);
  /// Every job, in the daemon's order.
  bool allJobs(std::vector<std::string> &paths);

private:
  std::unique_ptr<control::Client> open(control::CallError &error,
                                        std::string &what);
  void write();

  std::string output; ///< printed, not written yet
  int writeErrno = 0; ///< of the first write that failed
  std::string program;
  std::unique_ptr<control::Client> client;
  bool userMode = false;
};

/// A method of the manager object.
control::Call managerCall(const char *method,
                          std::vector<control::Argument> arguments = {});
/// A method of org.starton.Init1. A real Upstart does not have it: the error is
/// isUnsupported() then.
control::Call initCall(const char *method,
                       std::vector<control::Argument> arguments = {});
/// Properties.GetAll of \p interface at \p path.
control::Call propertiesCall(const std::string &path, const char *interface);

} // namespace starton::initctl

#endif // STARTON_TOOLS_INITCTL_SESSION_H
