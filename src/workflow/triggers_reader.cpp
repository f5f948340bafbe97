#include "workflow/triggers_reader.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"
#include "workflow/pattern.hpp"
#include "workflow/schedule.hpp"

namespace tandem::workflow {
namespace {

const std::vector<std::string> type_words{"PUSH", "PULLREQUEST", "SCHEDULE"};
constexpr size_t triggers_max = 50;
constexpr size_t patterns_max = 50;          ///< of one list
constexpr size_t pattern_length_max = 1000;
const std::vector<std::string> event_words{"OPEN", "CLOSED", "REVISION", "DRAFT", "MERGED"};

void note_letter_case(const yaml::Node& value, const std::string& canonical, const std::string& path, Findings& findings) {
  if (value.text == canonical) return;
  auto& said = findings.note("N201", spot(value, path), fmt::format("{} is written {}", value.text, canonical));
  correct(said, value.text, canonical);
}

/// What people write for the events of other systems.
std::optional<std::string> event_meant(const std::string& written) {
  const auto word = upper(written);
  for (const auto& [part, event] : std::array<std::pair<const char*, const char*>, 8>{{{"REOPEN", "OPEN"}, {"CREATE", "OPEN"},
        {"OPEN", "OPEN"}, {"SYNCHRONI", "REVISION"}, {"UPDATE", "REVISION"}, {"REVIS", "REVISION"}, {"MERGE", "CLOSED"}, {"CLOSE", "CLOSED"}}})
    if (word.find(part) != std::string::npos) return event;
  return nearest(written, event_words);
}

/// One entry of Triggers.
class TriggerReader {
 public:
  TriggerReader(const yaml::Node& node, std::string path, const Reading& reading)
      : properties_(node, std::move(path), "a trigger", reading.findings), findings_(reading.findings), now_(reading.known.now) {
    trigger_.place = findings_.place(properties_.here());
  }

  /// Nothing for MANUAL and for what is no trigger.
  std::optional<Trigger> read() {
    const auto type = read_type();
    if (type) {
      trigger_.type = *type;
      read_branches();
      read_events();
      read_files();
      read_expression();
    } else {
      properties_.expect({"Branches", "Events", "FilesChanged", "Expression"});
    }
    properties_.finish();
    if (!type) return std::nullopt;
    return trigger_;
  }

 private:
  std::optional<TriggerType> read_type() {
    const auto written = properties_.text("Type");
    if (!written) {
      if (properties_.find("Type") == nullptr) properties_.require("Type", "a trigger");
      return std::nullopt;
    }
    const auto word = upper(*written);
    if (word == "MANUAL") {
      findings_.note("N202", properties_.at("Type"), "MANUAL starts nothing by itself: every workflow can be started by hand");
      return std::nullopt;
    }
    const auto known = std::ranges::find(type_words, word);
    if (known == type_words.end()) {
      unknown_type(*written);
      return std::nullopt;
    }
    note_letter_case(properties_.node().find("Type")[0], word, properties_.path("Type"), findings_);
    return static_cast<TriggerType>(known - type_words.begin());
  }

  void unknown_type(const std::string& written) {
    auto& said = findings_.error("E120", properties_.at("Type"),
                                 fmt::format("{} is not a trigger type; use PUSH, PULLREQUEST or SCHEDULE, or leave Triggers "
                                             "out to start by hand", written));
    if (const auto near = nearest(written, type_words)) {
      said.suggestion = fmt::format("Did you mean {}?", *near);
      correct(said, written, *near);
    }
  }

  bool belongs(std::string_view key, bool here, std::string_view to) {
    if (properties_.find(key) == nullptr) return false;
    if (here) return true;
    findings_.error("E123", properties_.at_key(key), fmt::format("{} belongs to {} triggers", key, to),
                    fmt::format("Leave {} out", key));
    return false;
  }

  std::vector<std::string> read_patterns(std::string_view key, PatternOf what) {
    std::vector<std::string> out;
    const auto nodes = properties_.list(key);
    if (nodes.size() > patterns_max) {
      findings_.error("E125", properties_.at_key(key), fmt::format("{} patterns in {}; the limit is {}", nodes.size(), key, patterns_max),
                      "Say the same with fewer: (a|b|c)");
      return out;
    }
    for (const auto* node : nodes) {
      if (node->text.size() > pattern_length_max) {
        findings_.error("E125", spot(*node, properties_.path(key)),
                        fmt::format("this pattern has {} characters; the limit is {}", node->text.size(), pattern_length_max));
        continue;
      }
      out.push_back(node->text);
      if (const auto fault = fault_of(node->text, what)) report(*node, *fault, key);
    }
    if (nodes.empty())
      findings_.note("N206", properties_.at(key), fmt::format("an empty {} is the same as none", key));
    return out;
  }

  void report(const yaml::Node& node, const PatternFault& fault, std::string_view key) {
    const auto advice = fault.instead               ? fmt::format("Write {}", *fault.instead)
                        : node.text.starts_with('!') ? "List the wanted names, or filter in a step"
                                                     : "";
    const auto at = spot(node, properties_.path(key));
    auto& said = fault.invalid ? findings_.error("E125", at, fault.what, advice) : findings_.warn("W302", at, fault.what, advice);
    if (fault.instead) correct(said, node.text, *fault.instead);
  }

  void read_branches() {
    if (properties_.find("Branches") == nullptr) return;
    trigger_.branches_place = findings_.place(properties_.at_key("Branches"));
    trigger_.branches = read_patterns("Branches", PatternOf::Branch);
  }

  void read_files() {
    if (!belongs("FilesChanged", trigger_.type != TriggerType::Schedule, "PUSH and PULLREQUEST")) return;
    trigger_.files_place = findings_.place(properties_.at_key("FilesChanged"));
    trigger_.files_changed = read_patterns("FilesChanged", PatternOf::File);
  }

  void read_events() {
    const bool pull_request = trigger_.type == TriggerType::PullRequest;
    if (!belongs("Events", pull_request, "PULLREQUEST")) {
      if (pull_request)
        findings_.error("E121", properties_.here(), "a PULLREQUEST trigger needs Events", "Add Events: with OPEN, REVISION or CLOSED");
      return;
    }
    trigger_.events_place = findings_.place(properties_.at_key("Events"));
    const auto nodes = properties_.list("Events");
    if (nodes.empty() && properties_.node().find("Events")->is_list())
      findings_.error("E121", properties_.at_key("Events"), "a PULLREQUEST trigger needs Events", "Name OPEN, REVISION or CLOSED");
    for (const auto* node : nodes) {
      const auto word = upper(node->text);
      if (std::ranges::find(event_words, word) != event_words.end()) {
        note_letter_case(*node, word, properties_.path("Events"), findings_);
        if (word == "DRAFT" || word == "MERGED")
          findings_.note("N204", spot(*node, properties_.path("Events")), fmt::format("{} is not documented by the service; it works here", word));
        trigger_.events.push_back(word);
        continue;
      }
      const auto meant = event_meant(node->text);
      auto& said = findings_.error("E122", spot(*node, properties_.path("Events")),
                                   fmt::format("{} is not an event{}", node->text, meant ? fmt::format("; did you mean {}?", *meant) : ""),
                                   "Events are OPEN, REVISION and CLOSED");
      if (meant) correct(said, node->text, *meant);
    }
  }

  void read_expression() {
    const bool schedule = trigger_.type == TriggerType::Schedule;
    if (!belongs("Expression", schedule, "SCHEDULE")) {
      if (schedule) properties_.require("Expression", "a SCHEDULE trigger");
      return;
    }
    trigger_.expression = properties_.text("Expression").value_or("");
    if (trigger_.expression.empty()) return;
    const auto parsed = Schedule::parse(trigger_.expression);
    if (!parsed) {
      findings_.error("E124", properties_.at("Expression"), parsed.error().what, parsed.error().next);
      return;
    }
    const auto gap = parsed->shortest_gap();
    if (gap && *gap < std::chrono::minutes{30})
      findings_.error("E124", properties_.at("Expression"),
                      gap->count() == 1 ? std::string("runs every minute; the minimum is 30 minutes")
                                        : fmt::format("runs every {} minutes; the minimum is 30", gap->count()),
                      "Use at most two minutes, 30 apart: 0,30");
    warn_of_silence(*parsed);
  }

  void warn_of_silence(const Schedule& schedule) {
    const auto at = properties_.at("Expression");
    if (const auto why = schedule.why_it_never_fires())
      findings_.warn("W323", at, fmt::format("never fires: {}", *why), "Name days that these months have; L is the last one of a month");
    else if (now_ && !schedule.next_after(*now_))
      findings_.warn("W323", at, fmt::format("never fires again: its last time was in the year {} or before", rfc3339(*now_).substr(0, 4)), "Write * for the year");
  }

  Properties properties_;
  Findings& findings_;
  std::optional<Instant> now_;
  Trigger trigger_;
};

}  // namespace

std::vector<Trigger> read_triggers(const yaml::Node& list, const Reading& reading) {
  std::vector<Trigger> out;
  bool scheduled = false;
  if (list.items.size() > triggers_max)
    reading.findings.error("E113", spot(list, "Triggers"), fmt::format("{} triggers; the limit is {}", list.items.size(), triggers_max));
  for (size_t i = 0; i < std::min(list.items.size(), triggers_max); ++i) {
    const auto& node = list.items[i];
    const auto path = fmt::format("Triggers[{}]", i);
    if (!node.is_map()) {
      reading.findings.error("E113", spot(node, path), fmt::format("a trigger must be a map, not {}", described(node)),
                             "Write - Type: PUSH");
      continue;
    }
    auto trigger = TriggerReader(node, path, reading).read();
    if (!trigger) continue;
    if (trigger->type == TriggerType::Schedule && std::exchange(scheduled, true))
      reading.findings.error("E126", spot(node, path), "only one SCHEDULE trigger per workflow", "Keep one of them");
    out.push_back(std::move(*trigger));
  }
  return out;
}

}  // namespace tandem::workflow
