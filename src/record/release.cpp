#include "record/release.hpp"

#include "base/digest.hpp"
#include "record/words.hpp"

namespace tandem {
namespace {
constexpr Words<Phase, 6> phases{{{{Phase::Prepared, "prepared"},
                                   {Phase::Candidate, "candidate"},
                                   {Phase::Live, "live"},
                                   {Phase::Superseded, "superseded"},
                                   {Phase::Failed, "failed"},
                                   {Phase::RolledBack, "rolled_back"}}}};
}  // namespace

ReleaseId release_id(const Release& parts) {
  const auto text = fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n", parts.application.value, parts.infrastructure.value,
                                parts.requirements.value, parts.bundle.value, parts.assembly.value, parts.handler);
  return ReleaseId{"rel-" + sha256_hex(text).substr(0, 16)};
}

json::value to_json(const Release& release) {
  return json::object{{"id", release.id.value},
                      {"application", release.application.value},
                      {"infrastructure", release.infrastructure.value},
                      {"requirements", release.requirements.value},
                      {"bundle", release.bundle.value},
                      {"assembly", release.assembly.value},
                      {"handler", release.handler},
                      {"at", rfc3339(release.at)}};
}

Result<Release> release_from_json(const json::value& value) {
  Fields fields(value, "a release");
  Release release;
  release.id.value = fields.string("id");
  release.application.value = fields.string_or("application", "");
  release.infrastructure.value = fields.string("infrastructure");
  release.requirements.value = fields.string_or("requirements", "");
  release.bundle.value = fields.string_or("bundle", "");
  release.assembly.value = fields.string_or("assembly", "");
  release.handler = fields.string_or("handler", "");
  release.at = fields.instant("at");
  TRY(fields.finish());
  return release;
}

std::string_view word(Phase phase) { return phases.word(phase); }
std::optional<Phase> phase_from(std::string_view text) { return phases.find(text); }

json::value to_json(const Deployment& deployment) {
  return json::object{{"id", deployment.id.value},
                      {"release", deployment.release.value},
                      {"environment", deployment.environment},
                      {"run", deployment.run.value},
                      {"phase", word(deployment.phase)},
                      {"candidate_url", deployment.candidate_url},
                      {"candidate_site", deployment.candidate_site},
                      {"url", deployment.url},
                      {"site", deployment.site},
                      {"outputs", json_of(deployment.outputs)},
                      {"notes", json_of(deployment.notes)},
                      {"fingerprint", json_of(deployment.fingerprint)},
                      {"reason", deployment.reason},
                      {"at", rfc3339(deployment.at)}};
}

Result<Deployment> deployment_from_json(const json::value& value) {
  Fields fields(value, "a deployment");
  Deployment deployment;
  deployment.id.value = fields.string("id");
  deployment.release.value = fields.string("release");
  deployment.environment = fields.string_or("environment", "");
  deployment.run.value = fields.string_or("run", "");
  const auto phase = phases.find(fields.string("phase"));
  if (!phase) fields.refuse("has an unknown phase");
  deployment.phase = phase.value_or(Phase::Failed);
  deployment.candidate_url = fields.string_or("candidate_url", "");
  deployment.candidate_site = fields.string_or("candidate_site", "");
  deployment.url = fields.string_or("url", "");
  deployment.site = fields.string_or("site", "");
  deployment.outputs = texts_of(fields.object("outputs"));
  deployment.notes = fields.strings("notes");
  deployment.fingerprint = texts_of(fields.object("fingerprint"));
  deployment.reason = fields.string_or("reason", "");
  deployment.at = fields.instant("at");
  TRY(fields.finish());
  return deployment;
}

json::value to_json(const StackEvent& event) {
  return json::object{{"stack", event.stack},
                      {"logical_id", event.logical_id},
                      {"physical_id", event.physical_id},
                      {"type", event.type},
                      {"status", event.status},
                      {"reason", event.reason},
                      {"at", rfc3339(event.at)}};
}

}  // namespace tandem
