// The little of text and JSON that the bootstrap needs. No C++ library: what it would want of the C library is newer than
// the one on Lambda.
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

namespace tandem {

/// Bytes somewhere else.
struct Piece {
  const char* data = "";
  size_t size = 0;

  Piece() = default;
  Piece(const char* text) : data(text), size(strlen(text)) {}
  Piece(const char* from, size_t count) : data(from), size(count) {}
  bool is(Piece other) const { return size == other.size && memcmp(data, other.data, size) == 0; }
  bool ends_with(Piece tail) const { return size >= tail.size && memcmp(data + size - tail.size, tail.data, tail.size) == 0; }
  explicit operator bool() const { return size > 0; }
};

/// Bytes that grow. Ends the process when there is no memory left: Lambda starts a new one.
class Text {
 public:
  Text() = default;
  ~Text() { free(data_); }
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;

  Text& add(Piece piece) {
    if (size_ > size_max || piece.size > size_max) abort();
    reserve(size_ + piece.size + 1);
    memcpy(data_ + size_, piece.data, piece.size);
    size_ += piece.size;
    data_[size_] = 0;
    return *this;
  }
  Text& add(long long number) {
    char digits[24];
    return add(Piece(digits, static_cast<size_t>(snprintf(digits, sizeof digits, "%lld", number))));
  }
  /// As a JSON text, quotes included.
  Text& add_quoted(Piece piece) {
    add("\"");
    for (size_t at = 0; at < piece.size; ++at) {
      const unsigned char c = static_cast<unsigned char>(piece.data[at]);
      char escape[8];
      if (c == '"' || c == '\\') snprintf(escape, sizeof escape, "\\%c", c);
      else if (c < 0x20) snprintf(escape, sizeof escape, "\\u%04x", c);
      else { add(Piece(piece.data + at, 1)); continue; }
      add(escape);
    }
    return add("\"");
  }
  void clear() { size_ = 0; if (data_ != nullptr) data_[0] = 0; }
  const char* c_str() const { return data_ == nullptr ? "" : data_; }
  size_t size() const { return size_; }
  Piece piece() const { return Piece(c_str(), size_); }

 private:
  static constexpr size_t size_max = 64UL << 20;   // Lambda's events and answers end at 6 MB

  void reserve(size_t wanted) {
    if (wanted <= room_) return;
    room_ = wanted * 2;
    char* const grown = static_cast<char*>(realloc(data_, room_));
    if (grown == nullptr) abort();
    data_ = grown;
  }
  char* data_ = nullptr;
  size_t size_ = 0;
  size_t room_ = 0;
};

inline size_t skip_space(Piece json, size_t at) {
  while (at < json.size && strchr(" \t\r\n", json.data[at]) != nullptr) ++at;
  return at;
}

/// The end of the JSON value that starts at `at`; json.size when it has none.
inline size_t end_of_value(Piece json, size_t at) {
  int depth = 0;
  bool in_text = false;
  for (; at < json.size; ++at) {
    const char c = json.data[at];
    if (in_text) {
      if (c == '\\') ++at;
      else if (c == '"') in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return at;
      if (--depth == 0) return at + 1;
      continue;
    } else if (c == ',' && depth == 0) {
      return at;
    }
    if (depth == 0 && !in_text && c == '"') return at + 1;
  }
  return json.size;
}

/// Calls `on_member(name without quotes, value as written)` for each member of a JSON object; false when it is none.
template <typename OnMember>
bool each_member(Piece json, OnMember on_member) {
  size_t at = skip_space(json, 0);
  if (at >= json.size || json.data[at] != '{') return false;
  at = skip_space(json, at + 1);
  while (at < json.size && json.data[at] == '"') {
    const size_t name_end = end_of_value(json, at);
    const Piece name(json.data + at + 1, name_end - at - 2);
    at = skip_space(json, name_end);
    if (at >= json.size || json.data[at] != ':') return false;
    at = skip_space(json, at + 1);
    const size_t value_end = end_of_value(json, at);
    size_t tail = value_end;
    while (tail > at && strchr(" \t\r\n", json.data[tail - 1]) != nullptr) --tail;
    on_member(name, Piece(json.data + at, tail - at));
    at = skip_space(json, value_end);
    if (at < json.size && json.data[at] == ',') at = skip_space(json, at + 1);
  }
  return at < json.size && json.data[at] == '}';
}

}  // namespace tandem
