// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The state of one instance, or of a job that has none, as `status` and `list`
// print it (runtime §8.2).

#ifndef STARTON_TOOLS_INITCTL_STATUS_H
#define STARTON_TOOLS_INITCTL_STATUS_H

#include "Session.h"
#include <string>

namespace starton::initctl {

/// A job without an instance.
control::StatusEntry stoppedEntry(const std::string &job);

/// From the \p reply to a request for the properties of an instance of \p job;
/// an instance that has gone meanwhile reads as stoppedEntry(). False with an
/// error printed.
bool readStatus(Session &session, const std::string &job,
                const control::Reply &reply, control::StatusEntry &entry);

/// One line, and one more for each further process.
std::string statusText(const control::StatusEntry &entry);

/// The same as an object; \p details, an object itself, when not empty.
std::string statusJson(const control::StatusEntry &entry,
                       const std::string &details = "");

/// Whether \p error is that of an object that went between two calls.
bool hasVanished(const control::CallError &error);

} // namespace starton::initctl

#endif // STARTON_TOOLS_INITCTL_STATUS_H
