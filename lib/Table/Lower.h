// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the model of a job to its table. Private to the writer.

#ifndef STARTON_LIB_TABLE_LOWER_H
#define STARTON_LIB_TABLE_LOWER_H

#include "starton/Sema/Model.h"
#include "starton/Table/JobTable_generated.h"
#include <string>
#include <vector>

namespace starton::table {

/// The FlatBuffers builder with what all lowering needs: strings are shared,
/// and nothing is added once the table is too large to be loaded.
class TableBuilder {
public:
  using StringOffset = flatbuffers::Offset<flatbuffers::String>;
  using Strings = flatbuffers::Offset<flatbuffers::Vector<StringOffset>>;

  flatbuffers::FlatBufferBuilder &fbb() { return builder; }
  bool overflowed() const { return full; }

  StringOffset string(llvm::StringRef text);
  /// Absent when the text was never written.
  StringOffset string(const sema::Text &text);
  /// Absent when the list is empty.
  Strings strings(const std::vector<sema::Text> &list);
  Strings strings(const std::vector<llvm::StringRef> &list);

  /// Puts finished bytes in front of what there is, on a multiple of 8; returns
  /// the distance of their beginning from the table's end. Nothing in them may
  /// refer to anything outside. Their size is a multiple of 8.
  uint32_t embed(llvm::StringRef bytes);
  /// What was built so far, as embed() wants it.
  std::string takeBytes();

private:
  flatbuffers::FlatBufferBuilder builder;
  bool full = false;
};

/// \p fileIndex maps JobSet::files to the table's files.
flatbuffers::Offset<Job> lowerJob(TableBuilder &builder, const sema::Job &job,
                                  uint32_t order,
                                  const std::vector<uint32_t> &fileIndex);

/// Where the values of \p job were written, in the table's order.
std::vector<Origin> lowerOrigins(const sema::Job &job);

/// The index over the conditions of \p jobs, which are in the table's order.
flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<IndexEntry>>>
lowerIndex(TableBuilder &builder, const std::vector<const sema::Job *> &jobs);

} // namespace starton::table

#endif // STARTON_LIB_TABLE_LOWER_H
