#pragma once
// Why a text is no YAML, told for the person who wrote it.

#include <optional>
#include <string>

#include "base/yaml.hpp"
#include "base/yaml_lines.hpp"

namespace tandem::yaml {

/// What the parser said, in bytes, and where the last thing it understood stands.
struct ParserFault {
  std::string message;
  int line = 0;
  int byte_column = 0;
  size_t understood = 0;    ///< offset of the last event
};

/// The parser's complaint as E101 or E102 with the cause, the place and what to write instead.
Issue explained(const Lines& lines, const ParserFault& fault);

/// A quotation mark without its partner.
Issue open_quote(int line, int column, char quote);

/// A value that starts with a character YAML keeps for itself (* & ! % @ `), and the quotes it wants.
Issue reserved_at(const Lines& lines, int line, int column);

}  // namespace tandem::yaml
