#pragma once
// The diagnostics of one file while it is being read, and maps that are read property by property.

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.hpp"
#include "base/yaml_lines.hpp"
#include "record/workflow.hpp"

namespace tandem::workflow {

/// Where something stands: in the text and in the definition ("Actions.Build.Timeout").
struct Spot {
  int line = 0;
  int column = 0;
  std::string path{};
};
Spot spot(const yaml::Node& node, std::string path);
Spot spot(const yaml::Entry& entry, std::string path);

/// Words of a file go into messages; what could steer a terminal is escaped here, once for everybody.
class Findings {
 public:
  /// `asked` collects the properties that readers look for: "a trigger: Branches".
  Findings(std::string file, const yaml::Lines& lines, std::set<std::string>* asked = nullptr)
      : file_(std::move(file)), lines_(lines), asked_(asked) {}

  Diagnostic& error(std::string_view code, const Spot& spot, std::string what, std::string suggestion = {});
  Diagnostic& capability(std::string_view code, const Spot& spot, std::string what, std::string suggestion = {});
  Diagnostic& warn(std::string_view code, const Spot& spot, std::string what, std::string suggestion = {});
  Diagnostic& note(std::string_view code, const Spot& spot, std::string what, std::string suggestion = {});

  const std::string& file() const { return file_; }
  Place place(const Spot& spot) const { return {file_, spot.line, spot.column}; }
  bool has(Severity severity) const;
  size_t errors() const;
  bool has_code(std::string_view code) const;
  void asked(std::string_view what, std::string_view key) {
    if (asked_ != nullptr) asked_->insert(fmt::format("{}: {}", what, key));
  }
  /// Sorted by line; at most 50, the least important left out and counted in a last note. Corrections fit their places.
  std::vector<Diagnostic> finish();

 private:
  Diagnostic& add(Severity severity, std::string_view code, const Spot& spot, std::string what, std::string suggestion);

  std::string file_;
  const yaml::Lines& lines_;
  std::set<std::string>* asked_;
  std::vector<Diagnostic> all_;
};

/// Says that `before`, which stands at the diagnostic's place, with or without quotes around it, can only become `after`.
void correct(Diagnostic& diagnostic, std::string before, std::string after);

/// A map of which every property is asked for by name; what nobody asked for is E110.
class Properties {
 public:
  /// `what` names the map in messages: "Configuration", "a trigger".
  Properties(const yaml::Node& map, std::string path, std::string what, Findings& findings);

  const yaml::Entry* find(std::string_view key);                   ///< nullptr when absent; null values count as absent
  std::optional<std::string> text(std::string_view key);           ///< E113 unless it is one
  std::vector<const yaml::Node*> list(std::string_view key);       ///< of texts; one text is a list with a note
  std::optional<bool> flag(std::string_view key);
  std::optional<long> whole(std::string_view key, std::string_view unit);
  std::optional<double> number(std::string_view key);
  const yaml::Node* map(std::string_view key);                     ///< E113 unless it is one
  void require(std::string_view key, std::string_view of);         ///< E112 when absent, said by finish()
  void expect(std::vector<std::string> keys);                      ///< known here, but read elsewhere
  bool knows(std::string_view key) const { return std::ranges::find(known_, key) != known_.end(); }
  void finish();                                                   ///< E110 for the rest
  void finish_without_complaint() { finished_ = true; }

  std::string path(std::string_view key) const;
  Spot at(std::string_view key) const;                             ///< of the value, or of the map when absent
  Spot at_key(std::string_view key) const;
  Spot here() const { return spot(map_, path_); }
  void stands_at(const Spot& owner) { owner_ = owner; }            ///< where E112 points to
  const yaml::Node& node() const { return map_; }

 private:
  void wrong_type(const yaml::Entry& entry, std::string_view wanted);

  const yaml::Node& map_;
  std::string path_;
  std::string what_;
  Findings& findings_;
  Spot owner_;
  std::vector<std::string> known_;
  std::vector<std::pair<std::string, std::string>> missing_;
  bool finished_ = false;
};

/// true/false/yes/no in the spellings the service takes.
std::optional<bool> flag_from(std::string_view text);
/// "a list", "a map", `"1h"`: a value as a message names it.
std::string described(const yaml::Node& node);
/// A value as JSON: scalars as text.
json::value to_json(const yaml::Node& node);
std::string joined(const std::string& path, std::string_view key);

}  // namespace tandem::workflow
