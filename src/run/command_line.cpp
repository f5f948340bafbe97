#include "run/command_line.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

namespace tandem::run {
namespace {

constexpr Option environment{"env", Takes::Text, "ENV", "the environment; default: the only or first one in tandem.yaml"};

const std::vector<Option>& common_options() {
  static const std::vector<Option> options{
      {"json", Takes::Nothing, "", "print one JSON document to standard output"},
      {"config", Takes::Text, "FILE", "tandem.yaml to use; default: the nearest one upwards from here"},
      {"quiet", Takes::Nothing, "", "no progress on standard error"},
      {"help", Takes::Nothing, "", "this text"}};
  return options;
}

std::string key_of(std::string_view name) { return replaced(lower(name), "-", "_"); }

/// "[RUN]" -> "run", "PATH..." -> "path"
std::string operand_key(std::string_view operand) {
  std::string out;
  for (const char c : operand)
    if (c != '[' && c != ']' && c != '.') out += c;
  return key_of(out);
}

const CommandSpecification* find_command(std::string_view name) {
  const auto& table = command_table();
  const auto found = std::ranges::find_if(table, [&](const auto& command) { return command.name == name; });
  return found == table.end() ? nullptr : &*found;
}

const Option* find_option(const CommandSpecification& command, std::string_view name) {
  for (const auto* options : {&command.options, &common_options()})
    for (const auto& option : *options)
      if (option.name == name) return &option;
  return nullptr;
}

Error usage(std::string what, std::string next) {
  return failure(Fault::Invalid, "{}", what).with_code("TD0101").with_next(std::move(next));
}

Error unknown(std::string_view what, std::string_view name, const std::vector<std::string>& known, std::string next) {
  const auto close = nearest(name, known);
  return usage(fmt::format("no such {}: {}", what, name), close ? fmt::format("did you mean {}?", *close) : std::move(next));
}

/// Turns the words after the command into arguments, one at a time.
class Words {
 public:
  Words(const CommandSpecification& command, const std::vector<std::string>& words, CommandLine& line)
      : command_(command), words_(words), line_(line) {}

  Done read() {
    for (at_ = 1; at_ < words_.size(); ++at_) {
      const auto& word = words_[at_];
      if (word == "--" && !only_operands_) only_operands_ = true;
      else if (word.starts_with("--") && !only_operands_) TRY(read_option(std::string_view(word).substr(2)));
      else TRY(read_operand(word));
    }
    return check_operands();
  }

 private:
  Done read_option(std::string_view word) {
    const auto equals = word.find('=');
    const auto name = word.substr(0, equals);
    const auto* option = find_option(command_, name);
    if (option == nullptr) {
      std::vector<std::string> known;
      for (const auto& each : command_.options) known.push_back("--" + std::string(each.name));
      return unknown("option", "--" + std::string(name), known, fmt::format("tandem {} --help lists the options", command_.name));
    }
    std::string value;
    if (option->takes == Takes::Nothing) {
      if (equals != std::string_view::npos) return usage(fmt::format("--{} takes no value", name), "leave out what follows the =");
      return set(*option, "");
    }
    if (equals != std::string_view::npos) value = word.substr(equals + 1);
    else if (at_ + 1 < words_.size()) value = words_[++at_];
    else return usage(fmt::format("--{} needs a value", name), fmt::format("--{} {}", name, option->value));
    return set(*option, value);
  }

  Done set(const Option& option, const std::string& value) {
    if (option.name == "json") line_.as_json = true;
    else if (option.name == "help") line_.help = true;
    else if (option.name == "quiet") line_.quiet = true;
    else if (option.name == "config") line_.configuration = value;
    else if (option.takes == Takes::Nothing) line_.arguments[key_of(option.name)] = true;
    else if (option.takes == Takes::Text) line_.arguments[key_of(option.name)] = value;
    else if (option.takes == Takes::Texts) {
      auto& list = line_.arguments[key_of(option.name)];
      if (!list.is_array()) list = json::array{};
      list.as_array().emplace_back(value);
    } else {
      std::int64_t number = 0;
      const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (code != std::errc{} || end != value.data() + value.size())
        return usage(fmt::format("--{} needs a whole number, not \"{}\"", option.name, value), fmt::format("--{} 20", option.name));
      line_.arguments[key_of(option.name)] = number;
    }
    return done();
  }

  Done read_operand(const std::string& word) {
    if (operand_ >= command_.operands.size())
      return usage(fmt::format("{} is one word too many for tandem {}", word, command_.name),
                   fmt::format("tandem {} --help shows what it takes", command_.name));
    const auto operand = command_.operands[operand_];
    const auto key = operand_key(operand);
    if (operand.find("...") == std::string_view::npos) {
      line_.arguments[key] = word;
      ++operand_;
      return done();
    }
    auto& list = line_.arguments[key];
    if (!list.is_array()) list = json::array{};
    list.as_array().emplace_back(word);
    return done();
  }

  Done check_operands() {
    if (line_.help) return done();
    for (const auto operand : command_.operands)
      if (!operand.starts_with('[') && !line_.arguments.contains(operand_key(operand)))
        return usage(fmt::format("tandem {} needs {}", command_.name, operand),
                     fmt::format("tandem {} --help shows what it takes", command_.name));
    return done();
  }

  const CommandSpecification& command_;
  const std::vector<std::string>& words_;
  CommandLine& line_;
  size_t at_ = 0;
  size_t operand_ = 0;
  bool only_operands_ = false;
};

}  // namespace

const std::vector<CommandSpecification>& command_table() {
  static const std::vector<CommandSpecification> table{
      {"init", "make a configured pair out of two directories or git URLs", {"APPLICATION", "INFRASTRUCTURE"},
       {{"folder", Takes::Text, "DIR", "where tandem.yaml and the state go; default: here"},
        {"port", Takes::Number, "PORT", "of the daemon's HTTP side; default: any free one"},
        {"admin-email", Takes::Text, "EMAIL", "first administrator of the deployed registry"},
        {"force", Takes::Nothing, "", "replace a tandem.yaml that is there"}}},
      {"validate", "check workflow files, folders or - (standard input): every mistake with line and column", {"[PATH...]"},
       {{"strict", Takes::Nothing, "", "long steps without set -e too; warnings count as errors"},
        {"fix", Takes::Nothing, "", "write the corrections that have only one possibility"},
        {"sarif", Takes::Nothing, "", "print SARIF 2.1.0"},
        {"plan", Takes::Nothing, "", "with --json: each definition as it would be run"}}},
      {"explain-trigger", "why an event would or would not start each workflow", {"[FILE...]"},
       {{"repo", Takes::Text, "NAME", "repository in tandem.yaml, or the folder of one"},
        {"branch", Takes::Text, "BRANCH", "pushed to, or a pull request's source; default: the repository's branch"},
        {"event", Takes::Text, "KIND", "push, pull_request, schedule; default: push"},
        {"destination", Takes::Text, "BRANCH", "what a pull request goes into; default: main"},
        {"step", Takes::Text, "STEP", "of a pull request: OPEN, REVISION, CLOSED, DRAFT, MERGED; default: OPEN"},
        {"at", Takes::Text, "TIME", "of a schedule, like 2026-11-26T03:00:00Z; default: its next firing"},
        {"files", Takes::Texts, "FILE", "a changed file; more may follow, or --files again; default: every file counts as changed"}}},
      {"plan", "what a deployment of the newest commits would change", {}, {environment}},
      {"run", "start a workflow by hand and follow it", {"[WORKFLOW]"},
       {{"repo", Takes::Text, "NAME", "repository of the workflow; default: the one that has it"},
        {"branch", Takes::Text, "BRANCH", "default: the repository's branch"},
        {"from-failed", Takes::Text, "RUN", "do RUN again from what failed: what succeeded outside environments is taken over"},
        {"exact", Takes::Text, "RUN", "do all of RUN again: its recorded plan, commit and inputs"},
        {"cancel", Takes::Text, "RUN", "stop a run instead of starting one"},
        {"no-wait", Takes::Nothing, "", "print the run's id and return"}}},
      {"runs", "list runs, newest first, or show one", {"[RUN]"},
       {{"follow", Takes::Nothing, "", "show the run until it ends (the newest one, unless RUN is given)"},
        {"repo", Takes::Text, "NAME", "only of this repository"},
        {"workflow", Takes::Text, "NAME", "only of this workflow"},
        {"status", Takes::Text, "STATUS", "only with this status"},
        {"before", Takes::Number, "N", "only runs before run-N: the next page"},
        {"limit", Takes::Number, "N", "at most so many; default 20"}}},
      {"logs", "what the actions of a run printed", {"[RUN]", "[ACTION]"},
       {{"follow", Takes::Nothing, "", "keep printing until the run ends"},
        {"failed", Takes::Nothing, "", "only actions that failed"}}},
      {"why", "why a run waits, failed, was skipped or held, and what to do", {"[RUN]"}, {}},
      {"sync", "carry the application's code into the infrastructure repository; `sync verify`, `sync explain`, `sync log`", {"[VERB]", "[COMMIT]"},
       {{"dry-run", Takes::Nothing, "", "show what would be carried, as a diff; change nothing"},
        {"commit", Takes::Text, "COMMIT", "application commit; default: tip of its branch (verify: infrastructure commit)"},
        {"repo", Takes::Text, "NAME", "the application; default: the first one (verify: all)"},
        {"on-conflict", Takes::Text, "POLICY", "edits by hand in the copy: refuse, take-source or branch; default: as configured"},
        {"each", Takes::Nothing, "", "one commit for each commit of the application"},
        {"squash", Takes::Nothing, "", "one commit for all"},
        {"accept-rewrite", Takes::Nothing, "", "the application's branch was rewritten on purpose"},
        {"full", Takes::Nothing, "", "verify: every file with its SHA-256"},
        {"before", Takes::Number, "N", "log: only syncs before number N"},
        {"limit", Takes::Number, "N", "log: at most so many; default 20"}}},
      {"keys", "signing keys: list, create, rotate, revoke ID, export [ID], trust [NAME] (PEM from standard input)", {"[VERB]", "[ID]"},
       {{"reason", Takes::Text, "TEXT", "revoke: why"}}},
      {"contract", "hold what the code needs against what the template gives", {"[VERB]"},
       {{"application", Takes::Text, "PATH|COMMIT", "folder or commit of the code; default: tip of the application's branch"},
        {"infrastructure", Takes::Text, "PATH|COMMIT", "folder or commit of the CDK app; default: tip of the infrastructure's branch"},
        {"template", Takes::Text, "FILE", "a template or an assembly folder (cdk.out) instead of synthesising"},
        {"function", Takes::Text, "ID", "the function the code runs in, where the template has several"},
        {"strict", Takes::Nothing, "", "warnings count as errors"}}},
      {"compose", "choose the handler and build the bundle of an infrastructure commit", {},
       {{"commit", Takes::Text, "COMMIT", "infrastructure commit; default: tip of its branch"},
        {"explain", Takes::Nothing, "", "which handler, why, what was rejected"}}},
      {"deploy", "run the infrastructure's deployment workflow for its newest commit", {},
       {environment,
        {"workflow", Takes::Text, "NAME", "default: infrastructure-deployment"},
        {"dry-run", Takes::Nothing, "", "same as tandem plan"},
        {"no-wait", Takes::Nothing, "", "print the run's id and return"}}},
      {"verify", "run the verification suites against what is live", {},
       {environment,
        {"suite", Takes::Texts, "NAME", "only this suite; may be given more than once"},
        {"url", Takes::Text, "URL", "another address than the live one"}}},
      {"rollback", "put an earlier release back and prove it", {"[RELEASE]"},
       {environment, {"last-good", Takes::Nothing, "", "the release that was live before this one"}}},
      {"status", "what is live, what moves, what waits for a person", {}, {environment}},
      {"releases", "the releases and where each stands", {}, {{"limit", Takes::Number, "N", "at most so many; default 20"}}},
      {"environments", "the environments, their targets and policies; freeze or thaw one", {},
       {{"freeze", Takes::Text, "ENV", "no action enters it until it is thawed; a rollback still may"},
        {"thaw", Takes::Text, "ENV", "lift the freeze: what waits goes on"},
        {"reason", Takes::Text, "TEXT", "why, for those who have to wait"}}},
      {"pull-request", "pull requests of a repository on this machine: open, update, close, merge, list", {"[WHAT]", "[NUMBER]"},
       {{"repo", Takes::Text, "NAME", "repository in tandem.yaml"},
        {"source", Takes::Text, "BRANCH", "open: the branch with the change"},
        {"destination", Takes::Text, "BRANCH", "open: where it is to go; default: the repository's branch"},
        {"from", Takes::Text, "URL", "open: the source branch lies in this other repository: no secrets, no environment"},
        {"title", Takes::Text, "TEXT", "open: what it is about"},
        {"draft", Takes::Nothing, "", "open: as a draft"}}},
      {"maintain", "upkeep: `prune` old runs, `collect` in the pair store, list the `kill-points`, `compact` the journal", {"WHAT"},
       {{"keep-days", Takes::Number, "N", "prune: keep runs younger than this; default: history.keep-days of tandem.yaml"},
        {"keep-runs", Takes::Number, "N", "prune: keep the newest N; default: history.keep-runs of tandem.yaml"},
        {"dry-run", Takes::Nothing, "", "prune: say what would go"}}},
      {"approve", "answer a gate", {"RUN", "ACTION"},
       {{"reject", Takes::Nothing, "", "say no"}, {"reason", Takes::Text, "TEXT", "why"}}},
      {"audit", "the journal: `audit list` or `audit verify`", {"[WHAT]"},
       {{"after", Takes::Number, "N", "records after this number"}, {"limit", Takes::Number, "N", "at most so many; default 50"}}},
      {"artifacts", "list the artifacts of a run, or write one to standard output", {"[RUN]", "[NAME]"}, {}},
      {"secrets", "list, set (value from standard input) or remove secrets, or rotate their key", {"[VERB]", "[NAME]"}, {}},
      {"stack", "stacks of an environment: status, outputs, resources, events", {"[STACK]"},
       {environment, {"events", Takes::Nothing, "", "the newest events"}, {"limit", Takes::Number, "N", "events; default 50"}}},
      {"invoke", "invoke a deployed function", {"FUNCTION"},
       {environment,
        {"payload", Takes::Text, "JSON", "default {}"},
        {"qualifier", Takes::Text, "NAME", "version or alias; default: live"}}},
      {"doctor", "what this machine and this pair can and cannot do", {}, {}},
      {"metrics", "counters and durations", {}, {}},
      {"serve", "start the daemon: unix socket, HTTP on 127.0.0.1, the local target", {},
       {{"port", Takes::Number, "PORT", "of the HTTP side; default: as configured"}}},
      {"notify", "tell the daemon of a push (the installed hook calls it; reads old new ref lines)", {"REPOSITORY"}, {}},
  };
  return table;
}

Result<CommandLine> parse_command_line(const std::vector<std::string>& words) {
  CommandLine line;
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    line.help = true;
    if (words.size() > 1 && !words[1].starts_with('-')) line.command = words[1];
    return line;
  }
  if (words[0] == "--version" || words[0] == "version") {
    line.version = true;
    return line;
  }
  const auto* command = find_command(words[0]);
  if (command == nullptr) {
    std::vector<std::string> known;
    for (const auto& each : command_table()) known.emplace_back(each.name);
    return unknown("command", words[0], known, "tandem --help lists the commands");
  }
  line.command = words[0];
  TRY(Words(*command, words, line).read());
  return line;
}

std::string help_text(const std::string& name) {
  const auto* command = find_command(name);
  std::string out;
  if (command == nullptr) {
    out = "tandem ships an application repository and its infrastructure repository as one.\n\nusage: tandem COMMAND [OPTION ...]\n\n";
    for (const auto& each : command_table()) out += fmt::format("  {:<16} {}\n", each.name, each.help);
    return out + "\ntandem COMMAND --help says more. Exit codes: 0 done, 1 usage or configuration, 2 the work failed, 3 proof or\n"
                 "integrity failed, 4 refused by policy or permission, 5 frozen or held, 6 a rollback failed, 75 try again.\n";
  }
  out = fmt::format("tandem {}: {}\n\nusage: tandem {}", command->name, command->help, command->name);
  for (const auto operand : command->operands) out += fmt::format(" {}", operand);
  out += " [OPTION ...]\n\n";
  for (const auto* options : {&command->options, &common_options()})
    for (const auto& option : *options)
      out += fmt::format("  {:<26} {}\n", fmt::format("--{} {}", option.name, option.value), option.help);
  return out;
}

}  // namespace tandem::run
