#pragma once
// The command line as a table: names, options, help, and the words of argv turned into arguments.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace tandem::run {

enum class Takes { Nothing, Text, Number, Texts };
struct Option {
  std::string_view name;          ///< without the dashes
  Takes takes = Takes::Nothing;
  std::string_view value{};       ///< shown in help: ENV
  std::string_view help{};
};
struct CommandSpecification {
  std::string_view name;
  std::string_view help;          ///< one line
  std::vector<std::string_view> operands{};   ///< "[RUN]" optional, "RUN" required, "PATH..." the rest
  std::vector<Option> options{};
};

/// Every command of this program, in the order help lists them.
const std::vector<CommandSpecification>& command_table();

/// What the words of argv say. `arguments` holds operands by lower-case name and options by name with '_' for '-'.
struct CommandLine {
  std::string command;            ///< empty: --help or --version was asked
  json::object arguments;
  std::string configuration;      ///< --config FILE
  bool as_json = false;
  bool help = false;
  bool version = false;
  bool quiet = false;
};
/// Errors: Invalid with the nearest name and what to type (exit 1).
Result<CommandLine> parse_command_line(const std::vector<std::string>& words);

/// The text of `tandem --help` (command empty) or `tandem COMMAND --help`.
std::string help_text(const std::string& command);

}  // namespace tandem::run
