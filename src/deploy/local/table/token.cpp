#include "deploy/local/table/token.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tandem::deploy::local::table {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word_part(char c) { return is_letter(c) || is_digit(c) || c == '_'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

size_t end_of(std::string_view text, size_t at, bool (*belongs)(char)) {
  while (at < text.size() && belongs(text[at])) ++at;
  return at;
}

Token next_token(std::string_view text, size_t at) {
  const auto make = [&](Token::Kind kind, size_t end) { return Token{kind, text.substr(at, end - at), at}; };
  const char c = text[at];
  if (is_letter(c)) return make(Token::Kind::Word, end_of(text, at, is_word_part));
  if (is_digit(c)) return make(Token::Kind::Integer, end_of(text, at, is_digit));
  if ((c == '#' || c == ':') && at + 1 < text.size() && is_word_part(text[at + 1]))
    return make(c == '#' ? Token::Kind::Name : Token::Kind::Value, end_of(text, at + 1, is_word_part));
  const auto two = text.substr(at, 2);
  if (two == "<>" || two == "<=" || two == ">=") return make(Token::Kind::Symbol, at + 2);
  return make(Token::Kind::Symbol, at + 1);
}

}  // namespace

std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> out;
  size_t at = 0;
  while ((at = end_of(text, at, is_space)) < text.size()) {
    out.push_back(next_token(text, at));
    at += out.back().text.size();
  }
  out.push_back({Token::Kind::End, "<EOF>", text.size()});
  return out;
}

std::string syntax_error(std::string_view text, const std::vector<Token>& tokens, size_t index) {
  const auto& token = tokens[index];
  const bool is_blank = token.kind == Token::Kind::End && index == 0;
  const size_t from = index > 0 ? tokens[index - 1].at : is_blank ? 0 : token.at;
  const auto& after = index + 1 < tokens.size() && tokens[index + 1].kind != Token::Kind::End ? tokens[index + 1] : token;
  const size_t to = token.kind == Token::Kind::End ? text.size() : after.at + after.text.size();
  return fmt::format("Syntax error; token: \"{}\", near: \"{}\"", token.text, text.substr(from, to - from));
}

}  // namespace tandem::deploy::local::table
