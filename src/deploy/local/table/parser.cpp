#include "deploy/local/table/parser.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "deploy/local/table/refusal.hpp"

namespace tandem::deploy::local::table {

namespace {

/// The words of the grammar itself; they name nothing, reserved or not.
bool is_keyword_token(const Token& token) {
  static constexpr std::string_view words[] = {"AND", "OR", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE"};
  return std::ranges::any_of(words, [&](auto word) { return same_ignoring_case(token.text, word); });
}

}  // namespace

bool Parser::is_symbol(std::string_view symbol) const {
  return token().kind == Token::Kind::Symbol && token().text == symbol;
}

bool Parser::is_keyword(std::string_view upper_case) const {
  return token().kind == Token::Kind::Word && same_ignoring_case(token().text, upper_case);
}

bool Parser::take_symbol(std::string_view symbol) {
  const bool found = is_symbol(symbol);
  if (found) ++at_;
  return found;
}

bool Parser::take_keyword(std::string_view upper_case) {
  const bool found = is_keyword(upper_case);
  if (found) ++at_;
  return found;
}

Done Parser::expect_symbol(std::string_view symbol) {
  if (!take_symbol(symbol)) return unexpected();
  return done();
}

Error Parser::refuse(std::string_view what) const { return invalid("Invalid {}: {}", kind_, what); }
Error Parser::unexpected() const { return refuse(syntax_error(text_, tokens_, at_)); }

void Parser::complain(std::string what) {
  if (!complaint_) complaint_ = std::move(what);
}

Done Parser::finish() {
  if (!at_end()) return unexpected();
  if (complaint_) return refuse(*complaint_);
  return done();
}

Done Parser::refuse_empty() const {
  if (text_.empty()) return refuse("The expression can not be empty;");
  if (text_.size() > 4096) return refuse("Expression size has exceeded the maximum allowed size;");
  return done();
}

Result<std::string> Parser::name() {
  const auto& found = token();
  if (found.kind == Token::Kind::Word) {
    if (is_keyword_token(found)) return unexpected();
    ++at_;
    if (is_reserved(found.text))
      complain(fmt::format("Attribute name is a reserved keyword; reserved keyword: {}", found.text));
    return std::string(found.text);
  }
  if (found.kind != Token::Kind::Name) return unexpected();
  ++at_;
  const auto* known = placeholders_.name(found.text);
  if (known != nullptr) return *known;
  complain(fmt::format("An expression attribute name used in the document path is not defined; attribute name: {}", found.text));
  return std::string(found.text);
}

Result<Path> Parser::path() {
  Path out;
  auto first = TRY(name());
  out.emplace_back(std::move(first));
  while (true) {
    if (take_symbol(".")) {
      auto next = TRY(name());
      out.emplace_back(std::move(next));
    } else if (take_symbol("[")) {
      if (token().kind != Token::Kind::Integer) return unexpected();
      const auto digits = token().text;
      if (digits.size() > 9)
        complain(fmt::format("List index is not within the allowable range; index: [{}]", digits));
      out.emplace_back(static_cast<size_t>(std::stoul(std::string(digits.substr(0, 9)))));
      ++at_;
      TRY(expect_symbol("]"));
    } else {
      return out;
    }
  }
}

Result<Value> Parser::constant() {
  if (token().kind != Token::Kind::Value) return unexpected();
  const auto& found = tokens_[at_++];
  if (const auto* value = placeholders_.value(found.text)) return *value;
  complain(fmt::format("An expression attribute value used in expression is not defined; attribute value: {}", found.text));
  return Value{};
}

Result<Node> Parser::operand() {
  if (token().kind == Token::Kind::Value) {
    auto value = TRY(constant());
    return Node{.kind = Node::Kind::Constant, .value = std::move(value)};
  }
  const bool is_call = token().kind == Token::Kind::Word && !is_keyword_token(token()) && at_ + 1 < tokens_.size() &&
                       tokens_[at_ + 1].kind == Token::Kind::Symbol && tokens_[at_ + 1].text == "(";
  if (is_call) return call();
  if (token().kind != Token::Kind::Word && token().kind != Token::Kind::Name) return unexpected();
  auto steps = TRY(path());
  return Node{.kind = Node::Kind::Attribute, .path = std::move(steps)};
}

Result<Node> Parser::call() {
  Node out{.kind = Node::Kind::Call, .word = std::string(token().text)};
  at_ += 2;
  if (++depth_ > 100) return refuse("The expression is nested too deeply;");
  do {
    auto part = TRY(operand());
    out.parts.push_back(std::move(part));
  } while (take_symbol(","));
  TRY(expect_symbol(")"));
  --depth_;
  if (auto complaint = complaint_about(out)) complain(std::move(*complaint));
  return out;
}

}  // namespace tandem::deploy::local::table
