#include "deploy/local/access_log.hpp"

#include <cctype>
#include <string_view>

namespace tandem::deploy::local {

std::string access_log_line(const std::string& format, const std::map<std::string, std::string>& context) {
  constexpr std::string_view start = "$context.";
  std::string out;
  std::string_view rest = format;
  for (auto at = rest.find(start); at != std::string_view::npos; at = rest.find(start)) {
    out += rest.substr(0, at);
    rest.remove_prefix(at + start.size());
    size_t size = 0;
    while (size < rest.size() && (std::isalnum(static_cast<unsigned char>(rest[size])) != 0 || rest[size] == '.' || rest[size] == '_')) ++size;
    while (size > 0 && rest[size - 1] == '.') --size;  // the end of a sentence, not of a name
    const auto found = context.find(std::string(rest.substr(0, size)));
    out += found == context.end() || found->second.empty() ? "-" : found->second;
    rest.remove_prefix(size);
  }
  return out.append(rest);
}

}  // namespace tandem::deploy::local
