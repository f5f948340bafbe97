#include "workflow/configuration_reader.hpp"

#include <algorithm>
#include <charconv>

#include "base/json.hpp"
#include "base/text.hpp"
#include "workflow/github_steps.hpp"
#include "workflow/references.hpp"

namespace tandem::workflow {
namespace {
constexpr size_t steps_max = 256;

/// Reads one Configuration; the keys it knows come from the catalogue.
class ConfigurationReader {
 public:
  ConfigurationReader(const yaml::Node& node, const yaml::Node& action, const std::string& path, const Spot& owner, ActionDraft& draft,
                      const Reading& reading)
      : properties_(node, path, "Configuration", reading.findings), action_(action), draft_(draft), reading_(reading), findings_(reading.findings) {
    properties_.stands_at(owner);
  }

  void read(const ActionKind& kind) {
    for (const auto& key : kind.keys) {
      findings_.asked(fmt::format("{} Configuration", kind.name), key.name);
      read_key(key, kind);
    }
    refuse_two_payloads();
    refuse_commands(kind);
    refuse_parameters(kind);
    properties_.finish();
  }

 private:
  void read_key(const ConfigurationKey& key, const ActionKind& kind) {
    const auto* entry = properties_.find(key.name);
    if (entry == nullptr) {
      const bool said_otherwise = key.kind == ValueKind::Steps && properties_.node().entry("Commands") != nullptr;
      const bool empty_steps = (key.kind == ValueKind::Steps || key.kind == ValueKind::GithubSteps) && properties_.node().entry("Steps") != nullptr;
      const bool stands_too_high = action_.entry(key.name) != nullptr;
      if (key.required && !said_otherwise && !empty_steps && !stands_too_high) properties_.require(key.name, kind.name);
      return;
    }
    if (!key.ignored.empty())
      findings_.note("N205", spot(*entry, properties_.path(key.name)), fmt::format("{} is ignored: {}", key.name, key.ignored));
    if (key.kind == ValueKind::Steps) return read_steps(*entry);
    if (key.kind == ValueKind::GithubSteps) return read_github_steps(entry->value, properties_.path("Steps"), identifier(), draft_, reading_);
    if (key.kind == ValueKind::Container) read_container(*entry);
    else check(key, *entry);
    draft_.action.configuration[key.name] = canonical(key, entry->value);
  }

  /// One spelling per meaning, so that nobody behind here has to know several: flags are "true" or "false", lists one
  /// text with commas.
  static json::value canonical(const ConfigurationKey& key, const yaml::Node& value) {
    if (key.kind == ValueKind::Flag && value.is_scalar() && references_in(value.text).empty())
      return flag_from(value.text).value_or(value.text == "1") ? "true" : "false";
    if (key.kind == ValueKind::Word)
      for (const auto word : key.words)
        if (same_ignoring_case(word, value.text)) return json::value(word);
    if (key.kind == ValueKind::List && value.is_list()) {
      std::vector<std::string> parts;
      for (const auto& item : value.items) parts.push_back(item.text);
      return json::value(join(parts, ","));
    }
    return to_json(value);
  }

  void wrong(const yaml::Entry& entry, std::string_view wanted) {
    findings_.error("E113", spot(entry.value, properties_.path(entry.key)),
                    fmt::format("{} must be {}, not {}", entry.key, wanted, described(entry.value)));
  }

  void check(const ConfigurationKey& key, const yaml::Entry& entry) {
    const auto& value = entry.value;
    if (value.is_scalar() && !references_in(value.text).empty()) return;
    switch (key.kind) {
      case ValueKind::Text:
        if (!value.is_scalar()) wrong(entry, "a text");
        break;
      case ValueKind::Whole: check_whole(key, entry); break;
      case ValueKind::Flag:
        if (!value.is_scalar() || (!flag_from(value.text) && value.text != "1" && value.text != "0")) wrong(entry, "true or false");
        break;
      case ValueKind::Json:
      case ValueKind::JsonList: check_json(key, entry); break;
      case ValueKind::List:
        if (key.high > 0 && count_of(value) > static_cast<size_t>(key.high)) wrong_count(key, entry);
        if (value.is_map() || std::ranges::any_of(value.items, [](const auto& item) { return !item.is_scalar(); }))
          wrong(entry, "a list of texts");
        break;
      case ValueKind::Word: check_word(key, entry); break;
      case ValueKind::Steps:
      case ValueKind::GithubSteps:
      case ValueKind::Container: break;
    }
  }

  /// A list is written as one, or as a text with commas.
  static size_t count_of(const yaml::Node& value) { return value.is_list() ? value.items.size() : split(value.text, ',').size(); }

  void wrong_count(const ConfigurationKey& key, const yaml::Entry& entry) {
    findings_.error("E113", spot(entry.value, properties_.path(entry.key)),
                    fmt::format("{} entries in {}; the limit is {}", count_of(entry.value), entry.key, key.high));
  }

  void check_whole(const ConfigurationKey& key, const yaml::Entry& entry) {
    int number = 0;
    const auto& text = entry.value.text;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = entry.value.is_scalar() && code == std::errc{} && end == text.data() + text.size();
    if (!whole || number < key.low || number > key.high)
      wrong(entry, fmt::format("a whole number from {} to {}", key.low, key.high));
  }

  void check_word(const ConfigurationKey& key, const yaml::Entry& entry) {
    const bool known = entry.value.is_scalar() && std::ranges::any_of(key.words, [&](std::string_view word) {
      return same_ignoring_case(word, entry.value.text);
    });
    if (known) return;
    std::vector<std::string> words(key.words.begin(), key.words.end());
    wrong(entry, "one of " + join(words, ", "));
  }

  void check_json(const ConfigurationKey& key, const yaml::Entry& entry) {
    if (!entry.value.is_scalar()) return;
    const auto value = parse_json(entry.value.text);
    if (!value) {
      findings_.error("E113", spot(entry.value, properties_.path(entry.key)),
                      fmt::format("{} must be JSON: {}", entry.key, value.error().what), "Put the JSON in single quotes");
    } else if (key.kind == ValueKind::JsonList && !value->is_array()) {
      wrong(entry, "a JSON list");
    }
  }

  Spot identifier() const { return spot(*action_.find("Identifier"), joined(draft_.spot.path, "Identifier")); }

  void read_steps(const yaml::Entry& entry) {
    const auto path = properties_.path("Steps");
    if (!entry.value.is_list()) return wrong(entry, "a list of steps, each with Run:");
    if (entry.value.items.size() > steps_max)
      findings_.error("E113", spot(entry, path), fmt::format("{} steps; the limit is {}", entry.value.items.size(), steps_max));
    for (size_t i = 0; i < entry.value.items.size(); ++i) read_step(entry.value.items[i], fmt::format("{}[{}]", path, i));
  }

  void read_step(const yaml::Node& item, const std::string& path) {
    if (!item.is_map()) {
      auto& said = findings_.error("E113", spot(item, path), fmt::format("a step must be a map with Run:, not {}", described(item)),
                                   item.is_scalar() ? "Write - Run: before it" : "");
      if (item.is_scalar() && !item.was_quoted() && item.text.find('\n') == std::string::npos)
        correct(said, item.text, "Run: " + item.text);
      return;
    }
    for (const auto& key : item.entries)
      if (key.key != "Run")
        findings_.warn("W303", spot(key, joined(path, key.key)), fmt::format("{} in a step is ignored", key.key), "A step has only Run:");
    findings_.asked("a step", "Run");
    const auto* run = item.find("Run");
    if (run == nullptr || run->is_null()) {
      findings_.error("E112", spot(item, path), "Run is required for a step", "Add Run: with a command");
    } else if (!run->is_scalar()) {
      findings_.error("E113", spot(*run, path + ".Run"), fmt::format("Run must be a text, not {}", described(*run)),
                      "Write Run: | and the commands below it");
    } else {
      draft_.action.steps.push_back(run->text);
      warn_of_quoted_secrets(*run, path + ".Run", reading_);
    }
  }

  void refuse_two_payloads() {
    if (properties_.node().find("RequestPayload") != nullptr && properties_.node().find("RequestPayloadFile") != nullptr)
      findings_.error("E113", properties_.at_key("RequestPayloadFile"), "give RequestPayload or RequestPayloadFile, not both", "Leave one of them out");
  }

  void read_container(const yaml::Entry& entry) {
    if (!entry.value.is_map()) return wrong(entry, "a map of Registry and Image");
    Properties container(entry.value, properties_.path("Container"), "Container", findings_);
    container.stands_at(spot(entry, properties_.path("Container")));
    container.require("Registry", "a container");
    container.require("Image", "a container");
    const auto registry = container.text("Registry").value_or("");
    const auto image = container.text("Image").value_or("");
    container.finish();
    if (registry.empty() || image.empty()) return;
    const auto at = container.at("Image");
    const std::vector<std::string> registries{"CODECATALYST", "DockerHub", "ECR", "Gallery", "Other", "Gallery/Other"};
    if (std::ranges::none_of(registries, [&](const auto& known) { return same_ignoring_case(known, registry); })) {
      const auto near = nearest(registry, registries);
      auto& said = findings_.error("E113", container.at("Registry"), fmt::format("{} is not a registry{}", registry, near ? fmt::format("; did you mean {}?", *near) : ""),
                                   "Registries are CODECATALYST, DockerHub, ECR and Gallery/Other");
      if (near) correct(said, registry, *near);
      return;
    }
    if (!same_ignoring_case(registry, "CODECATALYST"))
      findings_.capability("E183", at, fmt::format("the image {} cannot be run here: there is no container engine", image),
                           "Leave Container out to use the tools of this machine");
    else if (image.starts_with("CodeCatalystWindows") || (image.starts_with("CodeCatalystLinux_Arm64") && !runs_on_arm))
      findings_.capability("E182", at, fmt::format("{}: there is no such machine here", image), "Leave Container out");
    else
      findings_.note("N205", at, fmt::format("the image {} is ignored: steps use the tools of this machine", image));
  }

  /// E111, with the correction when every command stands on a line of its own.
  void refuse_commands(const ActionKind& kind) {
    const auto* commands = kind.nature == Nature::Build ? properties_.node().entry("Commands") : nullptr;
    if (commands == nullptr) return;
    properties_.expect({"Commands"});
    auto& said = findings_.error("E111", properties_.at_key("Commands"), fmt::format("Commands is not a property of {}", kind.name),
                                 "Write Steps: with one - Run: per command");
    offer_steps(*commands, said);
  }

  /// The parameters of a stack, as other tools write them.
  void refuse_parameters(const ActionKind& kind) {
    if (kind.name != "aws/cfn-deploy" || properties_.node().entry("Parameters") == nullptr) return;
    properties_.expect({"Parameters"});
    findings_.error("E110", properties_.at_key("Parameters"), "Parameters is not a property of Configuration",
                    "Write parameter-overrides: NAME=VALUE,NAME=VALUE, or a file");
  }

  /// A command in which YAML has seen a key, `echo "a: b"`, as it is written; nothing when it is a map of its own.
  std::optional<std::string_view> command_of(const yaml::Node& map) const {
    if (!map.is_map() || map.entries.size() != 1) return std::nullopt;
    const auto& [key, line, column, value] = map.entries.front();
    if (key.find(' ') == std::string::npos || !value.is_scalar() || value.was_quoted() || value.line != map.line) return std::nullopt;
    const auto& all = reading_.lines.all();
    const auto from = reading_.lines.offset(line, column);
    const auto to = reading_.lines.offset(value.line, value.column);
    const bool as_written = all.substr(from).starts_with(key) && to > from && all.substr(to).starts_with(value.text);
    return as_written ? std::optional(all.substr(from, to + value.text.size() - from)) : std::nullopt;
  }

  void offer_steps(const yaml::Entry& commands, Diagnostic& said) {
    const auto& lines = reading_.lines;
    if (!commands.value.is_list() || properties_.node().entry("Steps") != nullptr) return;
    const auto start = lines.offset(commands.line, commands.column);
    std::string after = "Steps";
    auto copied = start + commands.key.size();
    for (const auto& item : commands.value.items) {
      const auto command = command_of(item);
      if (!item.is_scalar() && !command) return;
      const auto at = lines.offset(item.line, item.column);
      if (at < copied) return;
      after += std::string(lines.all().substr(copied, at - copied)) + "Run: ";
      copied = at;
      if (!command) continue;
      after += fmt::format("'{}'", replaced(std::string(*command), "'", "''"));
      copied += command->size();
    }
    correct(said, std::string(lines.all().substr(start, copied - start)), after);
  }

#if defined(__aarch64__)
  static constexpr bool runs_on_arm = true;
#else
  static constexpr bool runs_on_arm = false;
#endif

  Properties properties_;
  const yaml::Node& action_;
  ActionDraft& draft_;
  const Reading& reading_;
  Findings& findings_;
};

/// tandem/start-workflow: the repository must be one of tandem.yaml.
void check_repository(const yaml::Node& node, const std::string& path, const Reading& reading) {
  const auto* repository = node.find("Repository");
  const auto& known = reading.known.repositories;
  if (repository == nullptr || !repository->is_scalar() || !reading.known.check_known) return;
  if (std::ranges::find(known, repository->text) != known.end() || !references_in(repository->text).empty()) return;
  const auto near = nearest(repository->text, known);
  auto& said = reading.findings.error("E164", spot(*repository, joined(path, "Repository")),
                                      fmt::format("the repository {} is not in tandem.yaml{}", repository->text, near ? fmt::format("; did you mean {}?", *near) : ""),
                                      fmt::format("Known: {}", join(known, ", ")));
  if (near) correct(said, repository->text, *near);
}

/// The oldest files nest the keys of aws/cfn-deploy under Parameters.
const yaml::Node& unnested(const yaml::Node& node, std::string& path, const ActionKind& kind, Findings& findings) {
  const auto* nested = kind.name == "aws/cfn-deploy" ? node.entry("Parameters") : nullptr;
  if (nested == nullptr || !nested->value.is_map() || node.entries.size() != 1) return node;
  path = joined(path, "Parameters");
  findings.note("N206", spot(*nested, path), "Parameters is the old form", "Write its keys directly below Configuration");
  return nested->value;
}

}  // namespace

void read_configuration(const yaml::Entry* entry, const yaml::Node& action, const std::string& action_path, ActionDraft& draft, const Reading& reading) {
  static const yaml::Node empty{yaml::Kind::Map};
  auto path = joined(action_path, "Configuration");
  if (entry != nullptr && !entry->value.is_map()) {
    reading.findings.error("E113", spot(entry->value, path), fmt::format("Configuration must be a map, not {}", described(entry->value)));
    return;
  }
  if (entry != nullptr) {
    draft.references = references_below(entry->value, path, reading.lines);
    if (draft.kind == nullptr) draft.action.configuration = to_json(entry->value).as_object();
  }
  if (draft.kind == nullptr) return;
  const auto owner = entry == nullptr ? draft.spot : spot(*entry, path);
  const auto& given = entry == nullptr ? empty : entry->value;
  const auto& node = unnested(given, path, *draft.kind, reading.findings);
  ConfigurationReader(node, action, path, owner, draft, reading).read(*draft.kind);
  if (draft.kind->name == "tandem/start-workflow") check_repository(node, path, reading);
}

}  // namespace tandem::workflow
