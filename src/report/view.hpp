#pragma once
// What people see of the documents that commands answer.

#include <optional>
#include <string>

#include "base/json.hpp"
#include "base/time.hpp"
#include "report/style.hpp"

namespace tandem::report {

/// The text of a document, by its schema; of an unknown schema, the document itself. It never fails: what a document
/// lacks is left out. With `now`, times say how long ago they were.
std::string render(const json::value& document, const Style& style, std::optional<Instant> now = std::nullopt);

/// The text of a "tandem.error/1" document: code, what, place, and the next step on a line of its own.
std::string render_error(const json::value& error, const Style& style);

}  // namespace tandem::report
