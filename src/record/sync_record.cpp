#include "record/sync_record.hpp"

namespace tandem {

std::string_view kind(const Component& component) {
  if (component.exact) return "exact";
  return component.excluded.empty() ? "merged" : "reduced";
}

json::value to_json(const SyncRecord& record) {
  json::array components;
  for (const auto& component : record.components) {
    json::object one{{"from", component.from}, {"to", component.to}, {"object", component.object}, {"kind", kind(component)}};
    if (!component.excluded.empty()) one["excluded"] = json_of(component.excluded);
    components.push_back(std::move(one));
  }
  return json::object{{"id", record.id.value},
                      {"run", record.run.value},
                      {"source_repository", record.source_repository},
                      {"source_branch", record.source_branch},
                      {"source", record.source.value},
                      {"source_tree", record.source_tree.value},
                      {"target_repository", record.target_repository},
                      {"target_branch", record.target_branch},
                      {"base", record.base.value},
                      {"landed", record.landed.value},
                      {"landed_tree", record.landed_tree.value},
                      {"components", components},
                      {"strategy", record.strategy},
                      {"attestation", record.attestation},
                      {"at", rfc3339(record.at)}};
}

Result<SyncRecord> sync_record_from_json(const json::value& value) {
  Fields fields(value, "a sync record");
  SyncRecord record;
  record.id.value = fields.string("id");
  record.run.value = fields.string("run");
  record.source_repository = fields.string("source_repository");
  record.source_branch = fields.string_or("source_branch", "");
  record.source.value = fields.string("source");
  record.source_tree.value = fields.string_or("source_tree", "");
  record.target_repository = fields.string("target_repository");
  record.target_branch = fields.string_or("target_branch", "");
  record.base.value = fields.string_or("base", "");
  record.landed.value = fields.string("landed");
  record.landed_tree.value = fields.string_or("landed_tree", "");
  for (const auto& member : fields.list("components")) {
    Fields component(member, "a component");
    record.components.push_back({component.string("from"), component.string("to"), component.string("object"),
                                 component.string_or("kind", "exact") == "exact", component.strings("excluded")});
    TRY(component.finish());
  }
  record.strategy = fields.string_or("strategy", "api-triggered");
  record.attestation = fields.string_or("attestation", "");
  record.at = fields.instant("at");
  TRY(fields.finish());
  return record;
}

}  // namespace tandem
