// Content types and byte ranges.
#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "deploy/local/site.hpp"

namespace tandem::deploy::local {
namespace {

std::optional<size_t> as_size(std::string_view text) {
  size_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<ByteRange> byte_range(const std::string& header, size_t size) {
  constexpr std::string_view unit = "bytes=";
  if (!header.starts_with(unit) || header.find(',') != std::string::npos) return std::nullopt;
  const auto range = trimmed(std::string_view(header).substr(unit.size()));
  const auto dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = as_size(range.substr(0, dash));
  const auto last = as_size(range.substr(dash + 1));
  if (!first && dash > 0) return std::nullopt;
  if (!last && dash + 1 < range.size()) return std::nullopt;
  if (!first && !last) return std::nullopt;
  if (!first) return ByteRange{size - std::min(*last, size), *last == 0 ? size - std::min(*last, size) : size};
  if (last && *last < *first) return std::nullopt;
  if (*first >= size) return ByteRange{};
  return ByteRange{*first, last ? std::min(*last + 1, size) : size};
}

std::string content_type(const std::string& key) {
  static const std::map<std::string, std::string, std::less<>> types{
      {"html", "text/html"}, {"htm", "text/html"}, {"css", "text/css"}, {"js", "text/javascript"}, {"mjs", "text/javascript"},
      {"json", "application/json"}, {"map", "application/json"}, {"webmanifest", "application/manifest+json"},
      {"xml", "application/xml"}, {"txt", "text/plain"}, {"md", "text/markdown"}, {"csv", "text/csv"}, {"svg", "image/svg+xml"},
      {"png", "image/png"}, {"jpg", "image/jpeg"}, {"jpeg", "image/jpeg"}, {"gif", "image/gif"}, {"webp", "image/webp"},
      {"avif", "image/avif"}, {"ico", "image/x-icon"}, {"woff", "font/woff"}, {"woff2", "font/woff2"}, {"ttf", "font/ttf"},
      {"otf", "font/otf"}, {"pdf", "application/pdf"}, {"wasm", "application/wasm"}, {"zip", "application/zip"},
      {"mp4", "video/mp4"}, {"webm", "video/webm"}, {"mp3", "audio/mpeg"}, {"yaml", "application/yaml"}, {"yml", "application/yaml"}};
  const auto name = key.substr(key.rfind('/') + 1);
  const auto dot = name.rfind('.');
  const auto found = dot == std::string::npos ? types.end() : types.find(lower(name.substr(dot + 1)));
  return found == types.end() ? "application/octet-stream" : found->second;
}

}  // namespace tandem::deploy::local
