#pragma once
// What the grammars of all expressions share: the token under the finger, operands, paths, complaints.

#include <optional>

#include "deploy/local/table/expression.hpp"
#include "deploy/local/table/token.hpp"

namespace tandem::deploy::local::table {

/// Walks the tokens of one expression. A syntax error ends the walk at once; a mistake of meaning (an undefined
/// placeholder, a reserved word) is remembered and told only when the syntax was right, as the service does.
class Parser {
 public:
  Parser(std::string_view text, std::string_view kind, Placeholders& placeholders)
      : text_(text), kind_(kind), tokens_(tokens_of(text)), placeholders_(placeholders) {}

  const Token& token() const { return tokens_[at_]; }
  bool at_end() const { return token().kind == Token::Kind::End; }
  bool is_symbol(std::string_view symbol) const;
  bool is_keyword(std::string_view upper_case) const;   ///< keywords ignore case
  bool take_symbol(std::string_view symbol);            ///< moves on if it is that
  bool take_keyword(std::string_view upper_case);
  Done expect_symbol(std::string_view symbol);
  Error unexpected() const;                             ///< a syntax error at the current token

  Result<Path> path();
  /// A path, a :value or function(operands).
  Result<Node> operand();
  Result<Value> constant();

  /// Remembers the first mistake of meaning, to be told by `finish`.
  void complain(std::string what);
  /// No text may be left and no complaint open. Errors: ValidationException.
  Done finish();
  /// "Invalid ConditionExpression: The expression can not be empty;" for an empty one.
  Done refuse_empty() const;

 private:
  Result<std::string> name();
  Result<Node> call();
  Error refuse(std::string_view what) const;

  std::string_view text_;
  std::string_view kind_;
  std::vector<Token> tokens_;
  Placeholders& placeholders_;
  size_t at_ = 0;
  int depth_ = 0;
  std::optional<std::string> complaint_;
};

/// Says which wrong operand a function or operator has, if one.
std::optional<std::string> complaint_about(const Node& node);
/// Whether it is a function that is true or false by itself, such as attribute_exists.
bool is_condition_call(const Node& node);
/// Says which function in the tree does not belong into this kind of expression, if one.
enum class Grammar { Condition, Update };
std::optional<std::string> misplaced(const Node& node, Grammar grammar);

}  // namespace tandem::deploy::local::table
