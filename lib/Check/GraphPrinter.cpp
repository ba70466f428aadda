// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The event graph as JSON (docs/json.md) and for Graphviz.

#include "starton/Check/Graph.h"
#include "starton/Sema/JobSet.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace starton::check {

namespace {

using llvm::json::OStream;

const char *emitterName(EmitterKind kind) {
  switch (kind) {
  case EmitterKind::Stanza:
    return "stanza";
  case EmitterKind::Script:
    return "script";
  case EmitterKind::Udev:
    return "udev";
  case EmitterKind::DBusCaller:
    break;
  }
  return "dbus";
}

const char *requestName(RequestKind kind) {
  switch (kind) {
  case RequestKind::Start:
    return "start";
  case RequestKind::Stop:
    return "stop";
  case RequestKind::Restart:
    break;
  }
  return "restart";
}

class JsonPrinter {
public:
  JsonPrinter(const System &system, llvm::raw_ostream &os)
      : system(system), graph(system.graph()), json(os) {}

  void print() {
    json.object([&] {
      json.attribute("version", 1);
      json.attributeArray("jobs", [&] {
        for (uint32_t job = 0; job != jobs().size(); ++job)
          json.object([&] { printJob(job); });
      });
      json.attributeArray("events", [&] {
        for (const EventNode &event : graph.events())
          json.object([&] { printEvent(event); });
      });
      json.attributeArray("emissions", [&] {
        for (const Emission &emission : graph.emissions())
          json.object([&] { printEmission(emission); });
      });
      json.attributeArray("requests", [&] {
        for (const Request &request : graph.requests())
          json.object([&] { printRequest(request); });
      });
    });
  }

private:
  llvm::ArrayRef<sema::Job> jobs() const { return system.set().jobs; }

  void text(llvm::StringRef key, llvm::StringRef bytes) {
    json.attribute(key, printable(bytes));
  }

  void texts(llvm::StringRef key, const std::vector<std::string> &values) {
    json.attributeArray(key, [&] {
      for (const std::string &value : values)
        json.value(printable(value));
    });
  }

  void place(Place place) {
    LineColumn at = system.source(place.file).lineColumn(place.range.begin);
    text("file", system.source(place.file).path());
    json.attribute("line", at.line);
    json.attribute("column", at.column);
  }

  void printCondition(llvm::StringRef key, uint32_t job, bool stops) {
    const sema::Condition &condition =
        stops ? jobs()[job].stopOn : jobs()[job].startOn;
    if (condition.empty())
      return;
    json.attributeObject(key, [&] {
      text("expression", sema::conditionText(condition));
      json.attributeArray("nodes", [&] {
        for (const sema::ConditionNode &node : condition.nodes)
          json.object([&] { printNode(node); });
      });
    });
  }

  void printNode(const sema::ConditionNode &node) {
    if (node.kind == ast::NodeKind::Match) {
      text("event", node.name);
      texts("operands", node.operands);
    } else {
      json.attribute("operator",
                     node.kind == ast::NodeKind::And ? "and" : "or");
      json.attribute("left", node.left);
    }
    place(placeOf(node.origin));
  }

  void printJob(uint32_t index) {
    const sema::Job &job = jobs()[index];
    text("name", job.name);
    text("file", system.set().files[job.confFile].path);
    if (job.instance.isSet())
      text("instance", job.instance.value);
    json.attributeArray("exports", [&] {
      for (const sema::Text &name : job.exports)
        json.value(printable(name.value));
    });
    printCondition("start_on", index, false);
    printCondition("stop_on", index, true);
  }

  void printEvent(const EventNode &event) {
    text("name", event.name);
    json.attribute("emitted", graph.isEmitted(event.name));
    if (!event.known)
      return;
    json.attributeObject("known", [&] {
      text("catalogue", event.known->catalogue);
      text("emitter", event.known->emitter);
      texts("variables", event.known->variables);
    });
  }

  void printEmission(const Emission &emission) {
    text("event", emission.name);
    json.attribute("glob", emission.isGlob);
    json.attribute("kind", emitterName(emission.kind));
    texts("variables", emission.variables);
    json.attribute("more", emission.more);
    if (emission.job == System::NoJob) {
      text("file", emission.file);
      return;
    }
    text("job", jobs()[emission.job].name);
    place(emission.place);
  }

  void printRequest(const Request &request) {
    text("job", request.name);
    json.attribute("glob", request.isGlob);
    json.attribute("kind", requestName(request.kind));
    text("by", jobs()[request.job].name);
    place(request.place);
  }

  const System &system;
  const Graph &graph;
  OStream json;
};

/// A quoted identifier of the DOT language.
std::string dotName(llvm::StringRef prefix, llvm::StringRef bytes) {
  std::string result = "\"" + prefix.str();
  for (char byte : printable(bytes)) {
    if (byte == '"' || byte == '\\')
      result += '\\';
    result += byte;
  }
  return result + "\"";
}

} // namespace

void printGraphJson(const System &system, llvm::raw_ostream &os) {
  JsonPrinter(system, os).print();
  os << '\n';
}

void printGraphDot(const System &system, llvm::raw_ostream &os) {
  const Graph &graph = system.graph();
  llvm::ArrayRef<sema::Job> jobs = system.set().jobs;
  os << "digraph events {\n  rankdir=LR;\n  node [shape=box];\n";
  for (const EventNode &event : graph.events())
    if (!jobEventOf(event.name))
      os << "  " << dotName("event ", event.name)
         << " [shape=ellipse, label=" << dotName("", event.name) << "];\n";
  for (const sema::Job &job : jobs)
    os << "  " << dotName("job ", job.name)
       << " [label=" << dotName("", job.name) << "];\n";
  auto edge = [&](const std::string &from, llvm::StringRef to,
                  llvm::StringRef label, bool stops) {
    os << "  " << from << " -> " << dotName("job ", to)
       << " [label=" << dotName("", label)
       << (stops ? ", style=dashed];\n" : "];\n");
  };
  for (const Leaf &leaf : graph.leaves()) {
    const std::string &to = jobs[leaf.job].name;
    const std::string &event = graph.events()[leaf.event].name;
    if (!leaf.jobEvent)
      edge(dotName("event ", event), to, leaf.stops ? "stop" : "start",
           leaf.stops);
    else if (leaf.target != System::NoJob)
      edge(dotName("job ", jobs[leaf.target].name), to, event, leaf.stops);
  }
  for (const Emission &emission : graph.emissions())
    if (emission.job != System::NoJob && !emission.isGlob)
      os << "  " << dotName("job ", jobs[emission.job].name) << " -> "
         << dotName("event ", emission.name) << " [style=bold];\n";
  for (const Request &request : graph.requests())
    if (request.target != System::NoJob)
      edge(dotName("job ", jobs[request.job].name), jobs[request.target].name,
           requestName(request.kind), request.kind == RequestKind::Stop);
  os << "}\n";
}

} // namespace starton::check
