#pragma once
// YAML as a tree of nodes with places. Every scalar stays the text that was written; who wants a number asks for one.

#include <string>
#include <string_view>
#include <vector>

namespace tandem::yaml {

enum class Kind { Null, Scalar, List, Map };
enum class Style { Plain, Quoted, Block };

struct Entry;

/// One value of the document. Lines start at 1, columns count characters from 1.
struct Node {
  Kind kind = Kind::Null;
  Style style = Style::Plain;
  char quote = 0;                   ///< ' or " around a Quoted scalar; 0 when only a tag makes it a text
  std::string text{};               ///< Scalar: as written, escapes and folding undone, never converted
  int line = 0;                     ///< an absent value (Null) stands at its key
  int column = 0;
  std::vector<Node> items;          ///< List; no {} here and below: Entry is not complete yet, and clang minds
  std::vector<Entry> entries;       ///< Map, in file order, merge keys resolved

  bool is_scalar() const { return kind == Kind::Scalar; }
  bool is_list() const { return kind == Kind::List; }
  bool is_map() const { return kind == Kind::Map; }
  bool is_null() const { return kind == Kind::Null; }
  bool was_quoted() const { return style != Style::Plain; }
  const Node* find(std::string_view key) const;     ///< of a Map; nullptr when absent
  const Entry* entry(std::string_view key) const;
};

struct Entry {
  std::string key;
  int line = 0;
  int column = 0;
  Node value;
};

/// Something wrong with the text itself: E101, E102, E104 or E105.
struct Issue {
  std::string code;
  int line = 0;
  int column = 0;
  std::string what;
  std::string suggestion{};
  std::string before{};             ///< when one correction is possible: this text at this place ...
  std::string after{};              ///< ... becomes that
};

struct Limits {
  size_t bytes_max = 256 * 1024;
  int depth_max = 64;
  size_t alias_nodes_max = 10'000;  ///< nodes that aliases may add to the tree
};

/// What was read. The tree is whole when `readable`; duplicate keys leave it whole (the first one stays).
struct Document {
  Node root{};
  std::vector<Issue> issues{};
  bool readable = false;
  int second_document_line = 0;     ///< where a second document starts, which nobody reads; 0 = there is none
};

/// Reads the first document of `text`. Never fails otherwise than by issues, whatever the bytes are.
Document read(std::string_view text, const Limits& limits = {});

}  // namespace tandem::yaml
