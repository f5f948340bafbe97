#pragma once
// XML read as a stream of elements. Nothing outside the text is ever read, and entities cannot be declared in it.

#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace tandem::check {

using Attributes = std::map<std::string, std::string, std::less<>>;

/// What is told about the elements of a document, in order. Names are as written, prefix included.
class XmlReader {
 public:
  virtual ~XmlReader() = default;
  virtual void open(std::string_view name, const Attributes& attributes) = 0;
  virtual void close(std::string_view name) = 0;
  virtual void text(std::string_view piece) = 0;
};

/// Errors: Invalid with line and column when the text is no XML, declares an entity, or nests deeper than 200.
Done read_xml(std::string_view text, std::string_view name, XmlReader& reader);

/// The attribute as a number; 0 when it is absent or none. "3", "3.0" and "1,234" are numbers here.
double number_of(const Attributes& attributes, std::string_view name);
std::string text_of(const Attributes& attributes, std::string_view name);

}  // namespace tandem::check
