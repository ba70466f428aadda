// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What `status -v` tells beyond the status line: Init1.GetDetails and the end
// of the job's log. A real Upstart knows nothing of it.

#ifndef STARTON_TOOLS_INITCTL_DETAILS_H
#define STARTON_TOOLS_INITCTL_DETAILS_H

#include "Session.h"
#include <optional>
#include <string>

namespace starton::initctl {

/// A job file that could not be used.
struct Rejection {
  std::string job;
  std::string reason;      ///< "FILE:LINE:COLUMN: MESSAGE"
  bool sinceStart = false; ///< it broke after the daemon had started
};

class Details {
public:
  /// The call whose reply read() takes.
  static control::Call call(const std::string &job,
                            const std::string &instance);
  /// False when the daemon does not tell such things; other errors count as
  /// nothing to tell, for the job may have gone.
  bool read(const control::Reply &reply);

  std::optional<Rejection> rejection(const std::string &job) const;
  /// Why the definition may not be what the files say; empty: it is.
  std::string outdated() const;

  /// Indented lines.
  std::string text() const;
  /// An object; "null" when the daemon does not tell.
  std::string json() const;

private:
  control::Properties values;
  bool known = false;
};

/// Why a job may not be there, as far as the daemon tells.
struct WhyUnknown {
  std::optional<Rejection> rejection; ///< of its file
  std::string outdated;               ///< why no definition is up to date
};

/// After connect().
WhyUnknown whyUnknown(Session &session, const std::string &name);
/// On standard error, behind Upstart's own line.
void tell(Session &session, const WhyUnknown &why);
void explainUnknown(Session &session, const std::string &name);
/// Session::findJob(), and the explanation where there is no such job.
bool findJobOrExplain(Session &session, const std::string &name,
                      std::string &path);

/// All of them; empty when the daemon does not tell.
std::vector<Rejection> allRejections(Session &session);

} // namespace starton::initctl

#endif // STARTON_TOOLS_INITCTL_DETAILS_H
