#pragma once
// Small questions asked of text all over the program.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

std::vector<std::string> split(std::string_view text, char separator);   ///< "" -> {""}
std::vector<std::string> lines_of(std::string_view text);                ///< without line ends, no last empty line
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trimmed(std::string_view text);
std::string lower(std::string_view text);                                ///< ASCII only
std::string upper(std::string_view text);                                ///< ASCII only
std::string replaced(std::string_view text, std::string_view what, std::string_view with);
bool same_ignoring_case(std::string_view a, std::string_view b);         ///< ASCII only

/// The known name within edit distance 2 of `name`, ignoring case: the did-you-mean.
std::optional<std::string> nearest(std::string_view name, const std::vector<std::string>& known);

/// Percent-encodes everything but RFC 3986 unreserved characters (and '/' where it is kept).
enum class Slash { Keep, Encode };
std::string percent_encoded(std::string_view text, Slash slash = Slash::Encode);
std::string percent_decoded(std::string_view text);                      ///< a bad escape stays as it is

bool is_valid_utf8(std::string_view text);

}  // namespace tandem
