// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Session.h"
#include "starton/Runtime/Control/Upstart.h"
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

using namespace starton::control;

namespace starton::initctl {

/// What is printed is written in pieces of about this size.
static constexpr size_t OutputSize = 1U << 16;

std::vector<std::string> Session::environmentWords() const {
  if (words().empty())
    return {};
  return {words().begin() + 1, words().end()};
}

void Session::print(const std::string &text) {
  if (!options.quiet || options.json)
    show(text);
}

bool Session::show(const std::string &text) {
  output += text;
  if (output.size() > OutputSize)
    write();
  return true;
}

void Session::inform(const std::string &text) {
  if (options.verbose)
    print(text);
}

/// All of it, or what \p descriptor takes; the errno of the failure.
static int writeAll(int descriptor, const std::string &text) {
  for (size_t done = 0; done < text.size();) {
    ssize_t count = ::write(descriptor, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return errno;
    done += static_cast<size_t>(count);
  }
  return 0;
}

void Session::write() {
  int failure = writeErrno ? 0 : writeAll(STDOUT_FILENO, output);
  writeErrno = writeErrno ? writeErrno : failure;
  output.clear();
}

void Session::error(const std::string &text) {
  // A text that brings its own position ("FILE:LINE: ...") gets no blank.
  size_t colon = text.find(':');
  bool positioned = colon != std::string::npos && colon < text.find(' ');
  write();
  // There is nowhere left to say that this failed.
  (void)writeAll(STDERR_FILENO,
                 program + (positioned ? ":" : ": ") + text + "\n");
}

void Session::remark(const std::string &text) {
  write();
  (void)writeAll(STDERR_FILENO, program + ": " + text + "\n");
}

bool Session::usageError(const std::string &text) {
  error(text);
  (void)writeAll(STDERR_FILENO,
                 "Try `" + program + " --help' for more information.\n");
  return false;
}

bool Session::flush() {
  write();
  if (!writeErrno)
    return true;
  error(std::string("unable to write: ") + std::strerror(writeErrno));
  return false;
}

std::unique_ptr<Client> Session::open(CallError &error, std::string &what) {
  const char *address = std::getenv("UPSTART_SESSION");
  bool onBus = options.system || options.session;
  std::string destination =
      options.destination.empty() ? BusName : options.destination;
  what = "Upstart";
  if (address && !onBus) {
    userMode = true;
    if (!*address) {
      error = {std::string(StandardErrorPrefix) + "BadAddress",
               "UPSTART_SESSION is empty"};
      return nullptr;
    }
    return Client::connect(address, error);
  }
  if (!onBus && geteuid() == 0)
    return Client::connect(SystemAddress, error);
  what = options.session ? "session bus" : "system bus";
  return Client::connect(options.session ? Bus::Session : Bus::System,
                         destination, error);
}

bool Session::tryConnect(std::string &problem) {
  if (client)
    return true;
  if (options.user && !std::getenv("UPSTART_SESSION")) {
    problem = "UPSTART_SESSION isn't set in the environment. "
              "Unable to locate the Upstart instance.";
    return false;
  }
  CallError failure;
  std::string what;
  client = open(failure, what);
  if (!client)
    problem = "Unable to connect to " + what + ": " + failure.message;
  return client != nullptr;
}

bool Session::connect() {
  if (!options.destination.empty() && !options.system && !options.session)
    return usageError("--dest given without --system");
  std::string problem;
  bool connected = tryConnect(problem);
  if (!connected)
    error(problem);
  return connected;
}

Reply Session::call(const Call &call) { return client->call(call); }

std::vector<Reply> Session::callAll(const std::vector<Call> &calls) {
  return client->callAll(calls);
}

bool Session::request(const Call &call, Reply &reply) {
  if (!connect())
    return false;
  reply = client->call(call);
  if (reply.error)
    error(reply.error->message);
  return !reply.error;
}

bool Session::invalidReply() {
  error("Invalid reply from Upstart");
  return false;
}

bool Session::findJob(const std::string &name, std::string &path,
                      bool *unknown) {
  if (!connect())
    return false;
  // A name that is not UTF-8 is asked for as the daemon prints it.
  Reply reply = client->call(managerCall("GetJobByName", {printable(name)}));
  if (unknown)
    *unknown = reply.error && reply.error->is("UnknownJob");
  if (reply.error)
    error(reply.error->message);
  else if (!reply.get<std::string>())
    return invalidReply();
  path = reply.string();
  return !reply.error;
}

bool Session::allJobs(std::vector<std::string> &paths) {
  return request(managerCall("GetAllJobs"), paths);
}

Call managerCall(const char *method, std::vector<Argument> arguments) {
  return {ManagerPath, ManagerInterface, method, std::move(arguments)};
}

Call initCall(const char *method, std::vector<Argument> arguments) {
  return {ManagerPath, Init1Interface, method, std::move(arguments)};
}

Call propertiesCall(const std::string &path, const char *interface) {
  return {path, PropertiesInterface, "GetAll", {std::string(interface)}};
}

} // namespace starton::initctl
