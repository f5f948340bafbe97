#pragma once
// Access log lines of API stages: $context variables put into the stage's format.

#include <map>
#include <string>

namespace tandem::deploy::local {

/// Replaces every `$context.name`; a name that is unknown or empty becomes "-". Nothing is escaped, as on AWS.
std::string access_log_line(const std::string& format, const std::map<std::string, std::string>& context);

}  // namespace tandem::deploy::local
