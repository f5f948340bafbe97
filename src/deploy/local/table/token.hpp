#pragma once
// The words of an expression.

#include <string>
#include <string_view>
#include <vector>

namespace tandem::deploy::local::table {

struct Token {
  enum class Kind { Word, Name, Value, Integer, Symbol, End };
  Kind kind = Kind::End;
  std::string_view text{};   ///< as written, "#n" and ":v" with their sign; borrowed from the expression
  size_t at = 0;             ///< offset of its first byte
};

/// Never fails: a character that belongs nowhere becomes a Symbol, which no grammar accepts. The last token is End.
std::vector<Token> tokens_of(std::string_view expression);

/// The place of a syntax error as the service quotes it: the token, and the text from the one before to the one after.
std::string syntax_error(std::string_view expression, const std::vector<Token>& tokens, size_t index);

/// Words that must go through a #placeholder. Ignores case.
bool is_reserved(std::string_view word);

}  // namespace tandem::deploy::local::table
