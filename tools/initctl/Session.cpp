// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Session.h"
#include "starton/Runtime/Control/Upstart.h"
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

using namespace starton::control;

namespace starton::initctl {

std::vector<std::string> Session::environmentWords() const {
  if (words().empty())
    return {};
  return {words().begin() + 1, words().end()};
}

void Session::print(const std::string &text) {
  if (!options.quiet)
    show(text);
}

bool Session::show(const std::string &text) {
  // A failure stays with the stream until flush().
  (void)std::fwrite(text.data(), 1, text.size(), stdout);
  return true;
}

void Session::inform(const std::string &text) {
  if (options.verbose)
    print(text);
}

void Session::error(const std::string &text) {
  // A text that brings its own position ("FILE:LINE: ...") gets no blank.
  size_t colon = text.find(':');
  bool positioned = colon != std::string::npos && colon < text.find(' ');
  std::string line = program + (positioned ? ":" : ": ") + text + "\n";
  std::fflush(stdout);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

bool Session::usageError(const std::string &text) {
  error(text);
  std::fprintf(stderr, "Try `%s --help' for more information.\n",
               program.c_str());
  return false;
}

bool Session::flush() {
  if (std::fflush(stdout) == 0 && !std::ferror(stdout))
    return true;
  error(std::string("unable to write: ") + std::strerror(errno));
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
    return Client::connect(address, error);
  }
  if (!onBus && geteuid() == 0)
    return Client::connect(SystemAddress, error);
  what = options.session ? "session bus" : "system bus";
  return Client::connect(options.session ? Bus::Session : Bus::System,
                         destination, error);
}

bool Session::connect() {
  if (client)
    return true;
  if (!options.destination.empty() && !options.system && !options.session)
    return usageError("--dest given without --system");
  if (options.user && !std::getenv("UPSTART_SESSION")) {
    error("UPSTART_SESSION isn't set in the environment. "
          "Unable to locate the Upstart instance.");
    return false;
  }
  CallError failure;
  std::string what;
  client = open(failure, what);
  if (!client)
    error("Unable to connect to " + what + ": " + failure.message);
  return client != nullptr;
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

bool Session::findJob(const std::string &name, std::string &path) {
  Reply reply;
  // A name that is not UTF-8 is asked for as the daemon prints it.
  bool found = request(managerCall("GetJobByName", {printable(name)}), reply);
  path = reply.string();
  return found;
}

bool Session::allJobs(std::vector<std::string> &paths) {
  Reply reply;
  bool found = request(managerCall("GetAllJobs"), reply);
  paths = reply.strings();
  return found;
}

Call managerCall(const char *method, std::vector<Argument> arguments) {
  return {ManagerPath, ManagerInterface, method, std::move(arguments)};
}

Call propertiesCall(const std::string &path, const char *interface) {
  return {path, PropertiesInterface, "GetAll", {std::string(interface)}};
}

} // namespace starton::initctl
