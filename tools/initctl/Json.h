// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The JSON of --json (docs/json.md). Texts are what D-Bus carries: valid UTF-8,
// with `\xHH` for a byte of the job's that was none.

#ifndef STARTON_TOOLS_INITCTL_JSON_H
#define STARTON_TOOLS_INITCTL_JSON_H

#include <cstdint>
#include <string>
#include <vector>

namespace starton::initctl {

std::string jsonString(const std::string &text);

/// "[A,B]" of values that are JSON already.
std::string jsonArray(const std::vector<std::string> &values);

/// \p json of each element of \p list.
template <typename List, typename Function>
std::vector<std::string> jsonRows(const List &list, Function json) {
  std::vector<std::string> rows;
  rows.reserve(list.size());
  for (const auto &element : list)
    rows.push_back(json(element));
  return rows;
}

/// Whether \p text stands for bytes that are not UTF-8: it holds a `\xHH` as
/// the daemon writes one. A text that really has these four characters looks
/// the same.
bool isLossy(const std::string &text);

/// One object, its members in the order they are added. It gets "lossy":true
/// when one of the texts added here is.
class JsonObject {
public:
  JsonObject &text(const char *name, const std::string &value);
  JsonObject &texts(const char *name, const std::vector<std::string> &values);
  JsonObject &number(const char *name, int64_t value);
  /// \p json as it is.
  JsonObject &raw(const char *name, const std::string &json);

  std::string str() const;

private:
  std::string members;
  bool lossy = false;
};

/// The whole answer: {"version":1,"NAME":[ROW,...],...}, one row per line.
class JsonReport {
public:
  JsonReport &rows(const char *name, const std::vector<std::string> &rows);
  std::string str() const { return text + "}\n"; }

private:
  std::string text = "{\"version\":1";
};

} // namespace starton::initctl

#endif // STARTON_TOOLS_INITCTL_JSON_H
