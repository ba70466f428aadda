// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A table as YAML. The walk knows the schema only through its reflection data,
// so a field added to the schema is in the dump without a line of code. Fields
// are printed in the order of the schema; one that is not there has its
// default.

#include "flatbuffers/reflection.h"
#include "starton/Basic/Diagnostic.h"
#include "starton/Table/JobTable_bfbs_generated.h"
#include "starton/Table/Writer.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>

namespace starton::table {
namespace {

using flatbuffers::Table;
using reflection::BaseType;
using reflection::Field;
using reflection::Object;

/// The fields of a type in the order of the schema.
std::vector<const Field *> fieldsOf(const Object &type) {
  std::vector<const Field *> fields(type.fields()->begin(),
                                    type.fields()->end());
  std::sort(fields.begin(), fields.end(),
            [](const Field *a, const Field *b) { return a->id() < b->id(); });
  return fields;
}

class Dumper {
public:
  Dumper(const reflection::Schema &schema, llvm::raw_ostream &os,
         std::string &error)
      : schema(schema), os(os), error(error) {}

  bool dumpRoot(const Table &root) {
    return dumpTable(*schema.root_table(), root, 0, 0);
  }

private:
  bool unsupported(const Field &field) {
    error = "the dump has no form for field '" + field.name()->str() + "'";
    return false;
  }
  const Object &objectOf(const reflection::Type &type) const {
    return *schema.objects()->Get(type.index());
  }

  bool dumpTable(const Object &type, const Table &table, unsigned indent,
                 unsigned firstIndent);
  bool dumpField(const Field &field, const Table &table, unsigned indent);
  bool dumpVector(const Field &field, const Table &table, unsigned indent);
  void dumpStruct(const Object &type, const uint8_t *data);
  void dumpScalar(const reflection::Type &type, BaseType base,
                  const uint8_t *data);
  void dumpString(const flatbuffers::String &string, unsigned indent);
  void dumpBytes(const uint8_t *data, size_t size);

  const reflection::Schema &schema;
  llvm::raw_ostream &os;
  std::string &error;
};

/// The first line is indented by \p firstIndent: inside a list the dash stands
/// there already.
bool Dumper::dumpTable(const Object &type, const Table &table, unsigned indent,
                       unsigned firstIndent) {
  unsigned before = firstIndent;
  bool any = false;
  for (const Field *field : fieldsOf(type)) {
    if (!table.CheckField(field->offset()))
      continue;
    os.indent(before) << field->name()->c_str() << ':';
    if (!dumpField(*field, table, indent))
      return false;
    before = indent;
    any = true;
  }
  if (!any)
    os.indent(before) << "{}\n";
  return true;
}

bool Dumper::dumpField(const Field &field, const Table &table,
                       unsigned indent) {
  const uint8_t *data = table.GetAddressOf(field.offset());
  BaseType base = field.type()->base_type();
  switch (base) {
  case BaseType::String:
    os << ' ';
    dumpString(*table.GetPointer<const flatbuffers::String *>(field.offset()),
               indent);
    os << '\n';
    return true;
  case BaseType::Vector:
    return dumpVector(field, table, indent);
  case BaseType::Obj:
    if (!objectOf(*field.type()).is_struct()) {
      os << '\n';
      return dumpTable(objectOf(*field.type()),
                       *table.GetPointer<const Table *>(field.offset()),
                       indent + 2, indent + 2);
    }
    os << ' ';
    dumpStruct(objectOf(*field.type()), data);
    os << '\n';
    return true;
  default:
    if (base == BaseType::Union || base == BaseType::Array ||
        base == BaseType::None)
      return unsupported(field);
    os << ' ';
    dumpScalar(*field.type(), base, data);
    os << '\n';
    return true;
  }
}

bool Dumper::dumpVector(const Field &field, const Table &table,
                        unsigned indent) {
  const auto *vector =
      table.GetPointer<const flatbuffers::VectorOfAny *>(field.offset());
  BaseType element = field.type()->element();
  if (vector->size() == 0) {
    os << " []\n";
    return true;
  }
  if (element == BaseType::UByte && field.type()->index() < 0) {
    os << ' ';
    dumpBytes(vector->Data(), vector->size());
    os << '\n';
    return true;
  }
  os << '\n';
  for (uint32_t i = 0; i != vector->size(); ++i) {
    os.indent(indent) << "- ";
    if (element == BaseType::String) {
      dumpString(
          *flatbuffers::GetAnyVectorElemPointer<const flatbuffers::String>(
              vector, i),
          indent);
    } else if (element == BaseType::Obj) {
      const Object &type = objectOf(*field.type());
      if (!type.is_struct()) {
        if (!dumpTable(
                type,
                *flatbuffers::GetAnyVectorElemPointer<const Table>(vector, i),
                indent + 2, 0))
          return false;
        continue;
      }
      dumpStruct(type, vector->Data() +
                           size_t(i) * static_cast<size_t>(type.bytesize()));
    } else if (element == BaseType::Vector || element == BaseType::Union ||
               element == BaseType::Array) {
      return unsupported(field);
    } else {
      dumpScalar(*field.type(), element,
                 vector->Data() + i * flatbuffers::GetTypeSize(element));
    }
    os << '\n';
  }
  return true;
}

void Dumper::dumpStruct(const Object &type, const uint8_t *data) {
  llvm::StringRef separator;
  os << '{';
  for (const Field *field : fieldsOf(type)) {
    os << separator << field->name()->c_str() << ": ";
    const uint8_t *member = data + field->offset();
    if (field->type()->base_type() == BaseType::Obj)
      dumpStruct(objectOf(*field->type()), member);
    else
      dumpScalar(*field->type(), field->type()->base_type(), member);
    separator = ", ";
  }
  os << '}';
}

void Dumper::dumpScalar(const reflection::Type &type, BaseType base,
                        const uint8_t *data) {
  int64_t value = flatbuffers::GetAnyValueI(base, data);
  if (type.index() >= 0) {
    const auto *name = schema.enums()
                           ->Get(static_cast<uint32_t>(type.index()))
                           ->values()
                           ->LookupByKey(value);
    if (name != nullptr) {
      os << name->name()->c_str();
      return;
    }
  }
  if (base == BaseType::Bool)
    os << (value != 0 ? "true" : "false");
  else if (base == BaseType::ULong)
    os << static_cast<uint64_t>(value);
  else if (base == BaseType::Float || base == BaseType::Double)
    os << flatbuffers::GetAnyValueS(base, data, &schema, -1);
  else
    os << value;
}

/// A text of several lines is a literal block where YAML gives it back byte by
/// byte; everything else is quoted. Bytes outside UTF-8 are written \xHH, and a
/// comment says that this happened.
void Dumper::dumpString(const flatbuffers::String &string, unsigned indent) {
  llvm::StringRef bytes(string.c_str(), string.size());
  bool lossy = false;
  std::string text = printable(bytes, &lossy);
  bool block =
      !lossy &&
      llvm::StringRef(text).drop_back(text.empty() ? 0 : 1).contains('\n') &&
      text.back() == '\n' && text.front() != '\n' && text.front() != ' ' &&
      llvm::all_of(text, [](char c) {
        return c == '\n' || c == '\t' || (c >= ' ' && c < 0x7f);
      });
  if (!block) {
    os << '"';
    for (char c : text) {
      if (c == '"' || c == '\\')
        os << '\\' << c;
      else if (c == '\n')
        os << "\\n";
      else if (c == '\t')
        os << "\\t";
      else if (static_cast<unsigned char>(c) < ' ' || c == 0x7f)
        os << "\\x" << llvm::utohexstr(static_cast<unsigned char>(c), false, 2);
      else
        os << c;
    }
    os << (lossy ? "\" # not UTF-8" : "\"");
    return;
  }
  os << "|+";
  llvm::SmallVector<llvm::StringRef, 16> lines;
  llvm::StringRef(text).drop_back().split(lines, '\n');
  for (llvm::StringRef line : lines) {
    os << '\n';
    if (!line.empty())
      os.indent(indent + 2) << line;
  }
}

void Dumper::dumpBytes(const uint8_t *data, size_t size) {
  os << llvm::toHex(llvm::ArrayRef<uint8_t>(data, size), /*LowerCase=*/true);
}

} // namespace

bool dumpTable(llvm::StringRef bytes, llvm::raw_ostream &os,
               std::string &error) {
  const reflection::Schema &schema =
      *reflection::GetSchema(JobTableBinarySchema::data());
  const Table &root =
      *flatbuffers::GetAnyRoot(reinterpret_cast<const uint8_t *>(bytes.data()));
  os << "---\n";
  if (!Dumper(schema, os, error).dumpRoot(root))
    return false;
  os << "...\n";
  return true;
}

} // namespace starton::table
