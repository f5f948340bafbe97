#include "record/artifact.hpp"

namespace tandem {

json::value to_json(const Artifact& artifact) {
  return json::object{{"run", artifact.run.value},
                      {"action", artifact.action},
                      {"name", artifact.name},
                      {"kind", artifact.kind == ArtifactKind::Files ? "files" : "document"},
                      {"digest", artifact.digest.value},
                      {"size_bytes", artifact.size_bytes}};
}

Result<Artifact> artifact_from_json(const json::value& value) {
  Fields fields(value, "an artifact");
  Artifact artifact{{fields.string("run")}, fields.string_or("action", ""), fields.string("name")};
  artifact.kind = fields.string_or("kind", "document") == "files" ? ArtifactKind::Files : ArtifactKind::Document;
  artifact.digest.value = fields.string("digest");
  artifact.size_bytes = fields.integer_or("size_bytes", 0);
  TRY(fields.finish());
  return artifact;
}

}  // namespace tandem
