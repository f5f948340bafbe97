#pragma once
// The actions that run here: their versions, the keys of their Configuration, the variables they emit.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::workflow {

enum class ValueKind { Text, Whole, Flag, Json, JsonList, List, Word, Steps, GithubSteps, Container };

/// One key of a Configuration.
struct ConfigurationKey {
  std::string_view name;
  ValueKind kind = ValueKind::Text;
  bool required = false;
  std::vector<std::string_view> words{};   ///< Word: what may be written
  int low = 0;                             ///< Whole
  int high = 0;                            ///< Whole; List: so many at most, 0 = any number
  std::string_view ignored{};              ///< why nobody acts on it here; empty: somebody does
};

enum class Nature { Build, Gate, Deploy, Other };

struct ActionKind {
  std::string_view name;                        ///< "aws/build"
  int newest = 1;                               ///< versions 1 to newest are known
  Nature nature = Nature::Other;
  bool needs_environment = false;
  bool one_input = false;                       ///< a source or an artifact, not both
  std::vector<ConfigurationKey> keys{};
  std::vector<std::string_view> emits{};        ///< variables it exports without being asked
  bool emits_more = false;                      ///< and others whose names show only when it has run
};

const std::vector<ActionKind>& catalogue();
const ActionKind* find_action_kind(std::string_view name);
bool is_gate(std::string_view identifier);

/// "aws/build@v1.0.3" taken apart; `major` is empty when no version is given, 0 when it is no version.
struct Identifier {
  std::string name;
  std::optional<int> major{};
};
Identifier identifier_from(std::string_view text);

/// Those that the service has too: "aws/build@v1, aws/approval@v1, ..."
std::string known_identifiers();

}  // namespace tandem::workflow
