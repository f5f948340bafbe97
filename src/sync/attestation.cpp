#include "sync/attestation.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "sync/codes.hpp"

namespace tandem::sync {
namespace {

constexpr std::string_view payload_type = "application/vnd.in-toto+json";
constexpr std::string_view statement_type = "https://in-toto.io/Statement/v1";
constexpr std::string_view predicate_type = "https://slsa.dev/provenance/v1";
constexpr std::string_view build_type = "https://tandem.invalid/sync/v1";
constexpr std::string_view builder_id = "https://tandem.invalid/coordinator/v1";

json::object named(std::string_view name, json::object digest) { return {{"name", name}, {"digest", std::move(digest)}}; }

json::array subjects(const Statement& statement) {
  const auto& cargo = statement.cargo;
  json::array out{named(cargo.target_repository + "@" + cargo.target_branch,
                        {{"gitCommit", statement.landed.value}, {"gitTree", statement.landed_tree.value}})};
  for (const auto& part : cargo.parts) out.push_back(named(part.to, {{part.is_tree ? "gitTree" : "gitBlob", part.object}}));
  if (!cargo.requirements.from.empty()) out.push_back(named(cargo.requirements.to, {{"gitBlob", cargo.requirements.merged}}));
  out.push_back(named(metadata_path(cargo), {{"gitBlob", statement.metadata}}));
  return out;
}

json::object external_parameters(const Cargo& cargo) {
  json::array map;
  for (const auto& part : cargo.parts) {
    json::object one{{"from", part.from}, {"to", part.to}};
    if (!part.exclude.empty()) one["exclude"] = json_of(part.exclude);
    map.push_back(std::move(one));
  }
  json::value requirements;
  if (!cargo.requirements.from.empty())
    requirements = {{"from", cargo.requirements.from}, {"to", cargo.requirements.to},
                    {"onConflict", word(cargo.requirements.on_conflict)}};
  json::object out{{"source", {{"repository", cargo.source_repository}, {"branch", cargo.source_branch}}},
          {"target", {{"repository", cargo.target_repository}, {"branch", cargo.target_branch}}},
          {"map", map},
          {"requirements", requirements},
          {"strategy", cargo.strategy},
          {"actor", cargo.actor}};
  if (!cargo.metadata.empty()) out["metadata"] = cargo.metadata;
  if (!cargo.retired.empty()) out["retired"] = json_of(cargo.retired);
  return out;
}

json::object internal_parameters(const Statement& statement) {
  const auto& cargo = statement.cargo;
  json::object out{{"algorithm", algorithm}, {"sequence", cargo.sequence}, {"sync", cargo.id.value}};
  if (!cargo.subject.empty()) out["subject"] = cargo.subject;
  if (!cargo.author.empty()) out["author"] = cargo.author;
  if (statement.owners.empty()) return out;
  json::object owners;
  for (const auto& [source, destinations] : statement.owners) owners[source] = json_of(destinations);
  out["owners"] = std::move(owners);
  return out;
}

void read_internal(Fields& internal, Statement& statement) {
  statement.cargo.sequence = internal.integer("sequence");
  statement.cargo.id.value = internal.string("sync");
  statement.cargo.subject = internal.string_or("subject", "");
  statement.cargo.author = internal.string_or("author", "");
  const auto owners = internal.object("owners");
  Fields lists(owners, "the owners");
  for (const auto& [source, destinations] : owners) statement.owners[source] = lists.strings(source);
  if (auto finished = lists.finish(); !finished) internal.refuse(finished.error().what);
}

json::array dependencies(const Statement& statement) {
  const auto& cargo = statement.cargo;
  json::array out{named("source", {{"gitCommit", cargo.source.value}, {"gitTree", cargo.source_tree.value}}),
                  named("base", {{"gitCommit", cargo.base.value}})};
  if (!cargo.requirements.application.empty())
    out.push_back(named("requirements/application", {{"gitBlob", cargo.requirements.application}}));
  if (!cargo.requirements.infrastructure.empty())
    out.push_back(named("requirements/infrastructure", {{"gitBlob", cargo.requirements.infrastructure}}));
  if (!statement.previous.empty()) out.push_back(named("previous", {{"sha256", statement.previous}}));
  return out;
}

/// Digests by the name they stand under.
class Digests {
 public:
  Digests(const json::array& list, Fields& complaints) : complaints_(complaints) {
    for (const auto& member : list) {
      Fields fields(member, "a subject");
      digests_.emplace_back(fields.string("name"), fields.object("digest"));
    }
  }
  std::string get_or(std::string_view name, std::string_view kind, std::string other) const {
    for (const auto& [known, digest] : digests_)
      if (const auto* value = known == name ? digest.if_contains(kind) : nullptr; value != nullptr && value->is_string())
        return std::string(value->as_string());
    return other;
  }
  std::string get(std::string_view name, std::string_view kind) {
    auto value = get_or(name, kind, "");
    if (value.empty()) complaints_.refuse(fmt::format("has no {} of {}", kind, name));
    return value;
  }

 private:
  std::vector<std::pair<std::string, json::object>> digests_;
  Fields& complaints_;
};

void read_parameters(Fields& external, Cargo& cargo) {
  Fields source(external.object("source"), "the source"), target(external.object("target"), "the target");
  cargo.source_repository = source.string("repository");
  cargo.source_branch = source.string("branch");
  cargo.target_repository = target.string("repository");
  cargo.target_branch = target.string("branch");
  for (const auto* fields : {&source, &target})
    if (auto finished = fields->finish(); !finished) external.refuse(finished.error().what);
  cargo.strategy = external.string("strategy");
  cargo.actor = external.string("actor");
  for (const auto& member : external.list("map")) {
    Fields part(member, "a part of the map");
    cargo.parts.push_back({part.string("from"), part.string("to"), {}, false, part.strings("exclude")});
  }
  cargo.metadata = external.string_or("metadata", "");
  cargo.retired = external.strings("retired");
  if (external.find("requirements") == nullptr) return;
  Fields requirements(external.object("requirements"), "the requirements");
  cargo.requirements.from = requirements.string("from");
  cargo.requirements.to = requirements.string("to");
  const auto side = conflict_side_from(requirements.string("onConflict"));
  if (!side) return external.refuse("names no side for conflicts");
  cargo.requirements.on_conflict = *side;
}

void read_digests(Statement& statement, Digests& subject, Digests& dependency) {
  auto& cargo = statement.cargo;
  const auto target = cargo.target_repository + "@" + cargo.target_branch;
  statement.landed.value = subject.get(target, "gitCommit");
  statement.landed_tree.value = subject.get(target, "gitTree");
  for (auto& part : cargo.parts) {
    part.object = subject.get_or(part.to, "gitTree", "");
    part.is_tree = !part.object.empty();
    if (!part.is_tree) part.object = subject.get(part.to, "gitBlob");
  }
  cargo.source.value = dependency.get("source", "gitCommit");
  cargo.source_tree.value = dependency.get("source", "gitTree");
  cargo.base.value = dependency.get("base", "gitCommit");
  statement.previous = dependency.get_or("previous", "sha256", "");
  statement.metadata = subject.get(metadata_path(cargo), "gitBlob");
  if (cargo.requirements.from.empty()) return;
  cargo.requirements.merged = subject.get(cargo.requirements.to, "gitBlob");
  cargo.requirements.application = dependency.get("requirements/application", "gitBlob");
  cargo.requirements.infrastructure = dependency.get_or("requirements/infrastructure", "gitBlob", "");
}

}  // namespace

json::value to_json(const Statement& statement) {
  const auto& cargo = statement.cargo;
  json::object definition{{"buildType", build_type},
                          {"externalParameters", external_parameters(cargo)},
                          {"internalParameters", internal_parameters(statement)},
                          {"resolvedDependencies", dependencies(statement)}};
  json::object details{{"builder", {{"id", builder_id}}},
                       {"metadata", {{"invocationId", cargo.run.value}, {"startedOn", rfc3339(cargo.at)}}}};
  if (!statement.requirements_report.is_null())
    details["byproducts"] = json::array{{{"name", "requirements"}, {"mediaType", "application/json"},
                                         {"content", base64(to_text(statement.requirements_report))}}};
  return {{"_type", statement_type},
          {"subject", subjects(statement)},
          {"predicateType", predicate_type},
          {"predicate", {{"buildDefinition", definition}, {"runDetails", details}}}};
}

Result<Statement> statement_from_json(const json::value& value) {
  Statement out;
  Fields root(value, "the statement");
  if (root.string("_type") != statement_type || root.string("predicateType") != predicate_type)
    root.refuse("is no in-toto statement with SLSA provenance");
  Fields predicate(root.object("predicate"), "the predicate");
  Fields definition(predicate.object("buildDefinition"), "the build definition");
  if (definition.string("buildType") != build_type) root.refuse("is about something else than a sync");
  Fields internal(definition.object("internalParameters"), "the internal parameters");
  if (internal.integer("algorithm") != algorithm) root.refuse("was made by rules that this program does not know");
  read_internal(internal, out);
  Fields external(definition.object("externalParameters"), "the external parameters");
  read_parameters(external, out.cargo);
  Digests subject(root.list("subject"), root), dependency(definition.list("resolvedDependencies"), root);
  read_digests(out, subject, dependency);
  Fields details(predicate.object("runDetails"), "the run's details");
  Fields invocation(details.object("metadata"), "the invocation");
  out.cargo.run.value = invocation.string("invocationId");
  out.cargo.at = invocation.instant("startedOn");
  for (const auto& product : details.list("byproducts")) {
    Fields fields(product, "a byproduct");
    const auto content = from_base64(fields.string("content"));
    if (content) out.requirements_report = parse_json(*content).value_or(json::value());
  }
  for (const auto* fields : {&root, &predicate, &definition, &internal, &external, &details, &invocation}) TRY(fields->finish());
  return out;
}

std::string pre_authentication_encoding(std::string_view type, std::string_view payload) {
  return fmt::format("DSSEv1 {} {} {} {}", type.size(), type, payload.size(), payload);
}

std::string seal(const Statement& statement, const SigningKey& key) {
  const auto payload = to_text(to_json(statement));
  const auto signature = key.sign(pre_authentication_encoding(payload_type, payload));
  return to_text(json::object{{"payloadType", payload_type},
                              {"payload", base64(payload)},
                              {"signatures", json::array{{{"keyid", key.key_id()}, {"sig", base64(signature)}}}}});
}

Result<Opened> open_envelope(std::string_view envelope, const std::vector<TrustedKey>& keys) {
  const auto document = TRY(parse_json(envelope, "attestation"), "reading the envelope");
  Fields fields(document, "the envelope");
  const auto type = fields.string("payloadType");
  const auto text = fields.string("payload");
  const auto signatures = fields.list("signatures");
  TRY(fields.finish());
  const auto payload = TRY(from_base64(text), "reading the payload");
  const auto signed_bytes = pre_authentication_encoding(type, payload);
  std::vector<TrustedKey> signers;
  for (const auto& member : signatures) {
    Fields signature(member, "a signature");
    const auto bytes = from_base64(signature.string("sig"));
    if (!bytes) continue;
    std::ranges::copy_if(keys, std::back_inserter(signers), [&](const auto& key) { return verify_signature(key.public_key, signed_bytes, *bytes); });
  }
  if (signers.empty())
    return failure(Fault::Denied, "no trusted key signed the attestation").with_code(code::bad_signature)
        .with_next("if another coordinator made it, `tandem keys trust` its public key; otherwise find out who wrote refs/tandem/log");
  if (type != payload_type) return failure(Fault::Invalid, "an envelope of {}, not of a statement", type);
  const auto parsed = TRY(parse_json(payload, "statement"), "reading the statement");
  auto statement = TRY(statement_from_json(parsed));
  for (const auto& signer : signers)
    if (!signer.last_sequence || statement.cargo.sequence <= *signer.last_sequence) return Opened{std::move(statement), signer};
  return failure(Fault::Denied, "sync {} is signed with a key that was revoked after sync {}", statement.cargo.sequence, *signers.front().last_sequence)
      .with_code(code::revoked_key)
      .with_next("nobody should hold that key any more: find out who wrote refs/tandem/log; `tandem keys list` says why it was revoked");
}

}  // namespace tandem::sync
