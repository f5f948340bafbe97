#include "check/xml.hpp"

#include <expat.h>

#include <cstdlib>
#include <memory>
#include <optional>

#include "base/text.hpp"

namespace tandem::check {
namespace {

using Parser = std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)>;
constexpr int depth_max = 200;
constexpr size_t piece_bytes = 1 << 20;  // expat counts in int

/// What the callbacks need; the first complaint stops the parser.
struct Reading {
  XML_Parser parser;
  XmlReader& reader;
  int depth = 0;
  std::string complaint{};

  void stop(std::string why) {
    if (complaint.empty()) complaint = std::move(why);
    XML_StopParser(parser, XML_FALSE);
  }
};

void on_open(void* data, const XML_Char* name, const XML_Char** pairs) {
  auto& reading = *static_cast<Reading*>(data);
  if (++reading.depth > depth_max) return reading.stop("elements nest too deeply");
  Attributes attributes;
  for (; pairs[0] != nullptr; pairs += 2) attributes.emplace(pairs[0], pairs[1]);
  reading.reader.open(name, attributes);
}

void on_close(void* data, const XML_Char* name) {
  auto& reading = *static_cast<Reading*>(data);
  --reading.depth;
  reading.reader.close(name);
}

void on_text(void* data, const XML_Char* text, int length) {
  static_cast<Reading*>(data)->reader.text({text, static_cast<size_t>(length)});
}

void on_entity(void* data, const XML_Char*, int, const XML_Char*, int, const XML_Char*, const XML_Char*, const XML_Char*,
               const XML_Char*) {
  static_cast<Reading*>(data)->stop("it declares an entity");
}

/// A reference to something outside: refused, whatever it is.
int on_external(XML_Parser parser, const XML_Char*, const XML_Char*, const XML_Char*, const XML_Char*) {
  static_cast<Reading*>(XML_GetUserData(parser))->stop("it refers to something outside");
  return XML_STATUS_ERROR;
}

Error complaint_of(const Reading& reading, std::string_view name) {
  const auto code = XML_GetErrorCode(reading.parser);
  const Place place{std::string(name), static_cast<int>(XML_GetCurrentLineNumber(reading.parser)),
                    static_cast<int>(XML_GetCurrentColumnNumber(reading.parser)) + 1};
  const auto why = reading.complaint.empty() ? std::string(XML_ErrorString(code)) : reading.complaint;
  return failure(Fault::Invalid, "not a report in XML: {}", why).at(place);
}

}  // namespace

Done read_xml(std::string_view text, std::string_view name, XmlReader& reader) {
  const Parser parser(XML_ParserCreate(nullptr), &XML_ParserFree);
  CHECK(parser != nullptr);
  Reading reading{parser.get(), reader};
  XML_SetUserData(parser.get(), &reading);
  XML_SetElementHandler(parser.get(), on_open, on_close);
  XML_SetCharacterDataHandler(parser.get(), on_text);
  XML_SetEntityDeclHandler(parser.get(), on_entity);
  XML_SetExternalEntityRefHandler(parser.get(), on_external);
  XML_SetParamEntityParsing(parser.get(), XML_PARAM_ENTITY_PARSING_NEVER);
  do {
    const auto piece = text.substr(0, piece_bytes);
    text.remove_prefix(piece.size());
    const auto status = XML_Parse(parser.get(), piece.data(), static_cast<int>(piece.size()), text.empty() ? 1 : 0);
    if (status != XML_STATUS_OK) return complaint_of(reading, name);
  } while (!text.empty());
  return done();
}

double number_of(const Attributes& attributes, std::string_view name) {
  const auto found = attributes.find(name);
  if (found == attributes.end()) return 0;
  const auto digits = replaced(trimmed(found->second), ",", "");
  char* end = nullptr;
  const double number = std::strtod(digits.c_str(), &end);
  return end != digits.c_str() && number >= 0 && number < 1e15 ? number : 0;
}

std::string text_of(const Attributes& attributes, std::string_view name) {
  const auto found = attributes.find(name);
  return found == attributes.end() ? std::string{} : found->second;
}

}  // namespace tandem::check
