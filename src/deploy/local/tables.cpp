#include "deploy/local/tables.hpp"

#include <algorithm>

namespace tandem::deploy::local {
namespace {

Result<std::vector<KeyPart>> keys_from(const json::array& schema, const std::string& whose) {
  std::vector<KeyPart> keys;
  for (const auto& member : schema) {
    Fields fields(member, fmt::format("KeySchema of {}", whose));
    KeyPart part{fields.string("AttributeName"), fields.string("KeyType")};
    TRY(fields.finish());
    keys.push_back(std::move(part));
  }
  const bool well_formed = !keys.empty() && keys.size() <= 2 && keys[0].role == "HASH" &&
                           (keys.size() == 1 || keys[1].role == "RANGE");
  if (!well_formed)
    return failure(Fault::Invalid, "KeySchema of {} wants a HASH key and at most one RANGE key",
                   whose);
  return keys;
}

Result<std::vector<IndexShape>> indexes_from(const json::array& list) {
  std::vector<IndexShape> indexes;
  for (const auto& member : list) {
    Fields fields(member, "an index");
    IndexShape index;
    index.name = fields.string("IndexName");
    const auto projection_value = json::value(fields.object("Projection"));
    Fields projection(projection_value, fmt::format("Projection of index {}", index.name));
    index.projection = projection.string_or("ProjectionType", "ALL");
    index.included = projection.strings("NonKeyAttributes");
    std::ranges::sort(index.included);
    TRY(fields.finish());
    TRY(projection.finish());
    index.keys = TRY(keys_from(fields.list("KeySchema"), fmt::format("index {}", index.name)));
    indexes.push_back(std::move(index));
  }
  std::ranges::sort(indexes, {}, &IndexShape::name);
  return indexes;
}

Done check_attributes(const TableShape& shape) {
  auto keyed = shape.keys;
  for (const auto& list : {shape.indexes, shape.local_indexes})
    for (const auto& index : list) keyed.insert(keyed.end(), index.keys.begin(), index.keys.end());
  for (const auto& part : keyed)
    if (!shape.attributes.contains(part.attribute))
      return failure(Fault::Invalid, "AttributeDefinitions lacks the key attribute {}",
                     part.attribute);
  for (const auto& [name, type] : shape.attributes) {
    if (type != "S" && type != "N" && type != "B")
      return failure(Fault::Invalid, "attribute {} has the type {}, not S, N or B", name, type);
    if (std::ranges::find(keyed, name, &KeyPart::attribute) == keyed.end())
      return failure(Fault::Invalid, "AttributeDefinitions names {}, which no key uses", name);
  }
  return done();
}

json::array to_json(const std::vector<KeyPart>& keys) {
  json::array out;
  for (const auto& part : keys)
    out.push_back(json::object{{"AttributeName", part.attribute}, {"KeyType", part.role}});
  return out;
}

json::array to_json(const std::vector<IndexShape>& indexes) {
  json::array out;
  for (const auto& index : indexes) out.push_back(to_json(index));
  return out;
}

}  // namespace

const IndexShape* TableShape::find(std::string_view index) const {
  const auto found = std::ranges::find(indexes, index, &IndexShape::name);
  return found == indexes.end() ? nullptr : &*found;
}

Result<TableShape> table_shape(const std::string& name, const json::object& properties) {
  const json::value value(properties);
  Fields fields(value, fmt::format("table {}", name));
  TableShape shape;
  shape.name = name;
  for (const auto& member : fields.list("AttributeDefinitions")) {
    Fields attribute(member, "AttributeDefinitions");
    shape.attributes[attribute.string("AttributeName")] = attribute.string("AttributeType");
    TRY(attribute.finish());
  }
  const auto expiry_value = json::value(fields.object("TimeToLiveSpecification"));
  Fields expiry(expiry_value, "TimeToLiveSpecification");
  const auto* enabled = expiry.find("Enabled");
  if (enabled != nullptr && *enabled == json::value(true))
    shape.expiry = expiry.string("AttributeName");
  TRY(expiry.finish());
  shape.keys = TRY(keys_from(fields.list("KeySchema"), "the table"));
  shape.indexes = TRY(indexes_from(fields.list("GlobalSecondaryIndexes")));
  shape.local_indexes = TRY(indexes_from(fields.list("LocalSecondaryIndexes")));
  TRY(fields.finish());
  TRY(check_attributes(shape));
  return shape;
}

json::value to_json(const IndexShape& index) {
  json::object projection{{"ProjectionType", index.projection}};
  if (!index.included.empty()) projection["NonKeyAttributes"] = json_of(index.included);
  return json::object{{"IndexName", index.name},
                      {"KeySchema", to_json(index.keys)},
                      {"Projection", std::move(projection)}};
}

json::value to_json(const TableShape& shape) {
  json::array attributes;
  for (const auto& [name, type] : shape.attributes)
    attributes.push_back(json::object{{"AttributeName", name}, {"AttributeType", type}});
  json::object out{{"TableName", shape.name},
                   {"KeySchema", to_json(shape.keys)},
                   {"AttributeDefinitions", std::move(attributes)},
                   {"GlobalSecondaryIndexes", to_json(shape.indexes)},
                   {"LocalSecondaryIndexes", to_json(shape.local_indexes)}};
  if (!shape.expiry.empty())
    out["TimeToLiveSpecification"] =
        json::object{{"AttributeName", shape.expiry}, {"Enabled", true}};
  return out;
}

Result<TableShape> table_shape_from_json(const json::value& value) {
  Fields fields(value, "table shape");
  const auto name = fields.string("TableName");
  TRY(fields.finish());
  return table_shape(name, value.as_object());
}

}  // namespace tandem::deploy::local
