#pragma once
// Expressions as trees: condition, filter, projection, update and key condition are all parsed into these.

#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/local/table/path.hpp"

namespace tandem::deploy::local::table {

/// One node: an operand (Attribute, Constant, Call, Sum) or something true or false (the rest, and most Calls).
struct Node {
  enum class Kind { Attribute, Constant, Call, Sum, Compare, Between, In, And, Or, Not };
  Kind kind = Kind::Constant;
  std::string word{};           ///< the function or operator as written: "size", "<=", "+"
  Path path{};                  ///< for Attribute
  Value value{};                ///< for Constant
  std::vector<Node> parts{};    ///< operands, left to right
  bool parenthesised = false;
};

/// What an UpdateExpression asks for, clause by clause.
struct Update {
  struct Assignment {
    Path path;
    Node value;
  };
  struct Change {
    Path path;
    Value operand;
  };
  std::vector<Assignment> set;
  std::vector<Path> remove;
  std::vector<Change> add;
  std::vector<Change> drop;   ///< DELETE

  /// The paths in the order in which the sections name them.
  std::vector<Path> paths() const;
};

/// ExpressionAttributeNames and -Values of one request, and which of them its expressions used.
class Placeholders {
 public:
  /// `request`: the request structure that may hold the two members, and any of the `expressions` that use them.
  /// Placeholders without an expression are refused. Errors: ValidationException.
  static Result<Placeholders> parse(const json::object& request, std::initializer_list<std::string_view> expressions);

  const std::string* name(std::string_view placeholder);   ///< nullptr when not defined
  const Value* value(std::string_view placeholder);
  /// Errors: ValidationException naming what no expression used.
  Done finish() const;

 private:
  std::map<std::string, std::string, std::less<>> names_;
  std::map<std::string, Value, std::less<>> values_;
  std::set<std::string, std::less<>> used_;
};

/// `kind` is the parameter's name, e.g. "FilterExpression"; it is part of every message. Errors: ValidationException.
Result<Node> parse_condition(std::string_view text, std::string_view kind, Placeholders& placeholders);
Result<Update> parse_update(std::string_view text, Placeholders& placeholders);
Result<std::vector<Path>> parse_projection(std::string_view text, Placeholders& placeholders);

/// Whether the condition holds for the item; an absent item is an empty one.
bool holds(const Node& condition, const Item& item);

/// The item after the update. Every right side reads `before`. Errors: ValidationException.
Result<Item> updated(const Update& update, const Item& before);

/// Attributes named by the expression, without the steps below them.
std::set<std::string> roots(const Node& node);

}  // namespace tandem::deploy::local::table
