#pragma once
// Something a run kept: files an action hands over, or what people read about it.

#include <cstdint>
#include <string>

#include "base/id.hpp"
#include "base/json.hpp"

namespace tandem {

enum class ArtifactKind { Document, Files };   ///< one text, or a zip of files

struct Artifact {
  RunId run;
  std::string action;
  std::string name;
  ArtifactKind kind{};
  Digest digest;                ///< of the plain bytes
  std::int64_t size_bytes = 0;  ///< of the plain bytes
  bool operator==(const Artifact&) const = default;
};
json::value to_json(const Artifact& artifact);
Result<Artifact> artifact_from_json(const json::value& value);

}  // namespace tandem
