#include "deploy/local/workshop.hpp"

namespace tandem::deploy::local {
namespace {

constexpr auto table_type = "AWS::DynamoDB::Table";

Done undo(const OutsideEffect& effect, Tables& tables) {
  const auto shape = TRY(tables.find(effect.table));
  if (!shape) return done();
  if (effect.kind == EffectKind::CreateTable) return tables.remove(effect.table);
  if (shape->find(effect.index) == nullptr) return done();
  return tables.remove_index(effect.table, effect.index);
}

}  // namespace

Result<bool> Workshop::left_behind(const std::string& stack, const std::string& logical_id,
                                   const std::string& table) {
  const auto earlier = TRY(store_.superseded());
  for (const auto& id : earlier) {
    const auto stored = TRY(store_.find(id));
    if (!stored) continue;
    const auto* before = stored->world.find(stack);
    const auto* record = before == nullptr ? nullptr : before->find(logical_id);
    if (record != nullptr && record->type == table_type && record->physical_id == table)
      return true;
  }
  return false;
}

Done Workshop::make_table(const std::string& stack, const std::string& logical_id,
                          const TableShape& shape) {
  const auto existing = TRY(tables_.find(shape.name));
  if (existing) {
    const auto ours = TRY(left_behind(stack, logical_id, shape.name));
    if (!ours || existing->keys != shape.keys)
      return failure(Fault::Invalid, "{} already exists", shape.name);
    return add_indexes(shape);
  }
  TRY(store_.intend(deployment_, {0, EffectKind::CreateTable, shape.name, {}}));
  TRY(tables_.create(shape), "creating table {}", shape.name);
  return done();
}

Done Workshop::add_indexes(const TableShape& shape) {
  const auto existing = TRY(tables_.find(shape.name));
  if (!existing) return failure(Fault::Missing, "table {} is gone from the engine", shape.name);
  for (const auto& index : shape.indexes) {
    if (existing->find(index.name) != nullptr) continue;
    TRY(store_.intend(deployment_, {0, EffectKind::AddIndex, shape.name, index.name}));
    TRY(tables_.add_index(shape.name, index, shape.attributes), "adding index {} to table {}",
        index.name, shape.name);
  }
  return done();
}

Done undo_effects(const DeploymentId& deployment, Tables& tables, WorldStore& store) {
  const auto effects = TRY(store.effects(deployment));
  std::optional<Error> first;
  for (const auto& effect : effects) {
    auto undone = undo(effect, tables);
    if (undone) undone = store.settled(effect.number);
    if (!undone && !first)
      first = std::move(undone).error().during(
          fmt::format("taking back what was done to table {}", effect.table));
  }
  if (first) return *first;
  return done();
}

Result<std::vector<TableShape>> tables_of(const World& world) {
  std::vector<TableShape> shapes;
  for (const auto& [stack, record] : world.of_type(table_type)) {
    auto shape = TRY(table_shape(record->physical_id, record->properties));
    shapes.push_back(std::move(shape));
  }
  return shapes;
}

Done add_what_tables_lack(const World& world, Tables& tables) {
  const auto shapes = TRY(tables_of(world));
  for (const auto& shape : shapes) {
    const auto existing = TRY(tables.find(shape.name));
    if (!existing) return failure(Fault::Missing, "table {} is gone", shape.name);
    if (existing->keys != shape.keys)
      return failure(Fault::Missing, "table {} has other keys by now", shape.name);
    for (const auto& index : shape.indexes)
      if (existing->find(index.name) == nullptr)
        TRY(tables.add_index(shape.name, index, shape.attributes), "adding index {} to table {}",
            index.name, shape.name);
  }
  return done();
}

std::vector<std::string> settle_tables(const World& world, Tables& tables) {
  std::vector<std::string> left;
  const auto shapes = tables_of(world);
  if (!shapes) return {shapes.error().what};
  for (const auto& shape : *shapes) {
    const auto existing = tables.find(shape.name);
    if (!existing || !*existing) {
      left.push_back(fmt::format("table {} cannot be read", shape.name));
      continue;
    }
    for (const auto& index : (*existing)->indexes) {
      if (shape.find(index.name) != nullptr) continue;
      const auto removed = tables.remove_index(shape.name, index.name);
      if (!removed) left.push_back(removed.error().what);
    }
    if ((*existing)->expiry == shape.expiry) continue;
    const auto set = tables.set_expiry(shape.name, shape.expiry);
    if (!set) left.push_back(set.error().what);
  }
  return left;
}

}  // namespace tandem::deploy::local
