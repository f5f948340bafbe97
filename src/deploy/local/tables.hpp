#pragma once
// The seam to the table engine: tables as shapes, without their items.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace tandem::deploy::local {

/// An attribute of a key; HASH comes first, RANGE second.
struct KeyPart {
  std::string attribute;
  std::string role;  ///< "HASH" or "RANGE"
  bool operator==(const KeyPart&) const = default;
};

struct IndexShape {
  std::string name;
  std::vector<KeyPart> keys{};
  std::string projection = "ALL";       ///< ALL, KEYS_ONLY, INCLUDE
  std::vector<std::string> included{};  ///< with INCLUDE
  bool operator==(const IndexShape&) const = default;
};

struct TableShape {
  std::string name;
  std::vector<KeyPart> keys{};
  std::map<std::string, std::string> attributes{};  ///< name -> S, N or B
  std::vector<IndexShape> indexes{};                ///< global secondary indexes, sorted by name
  std::vector<IndexShape> local_indexes{};          ///< sorted by name
  std::string expiry{};  ///< the TTL attribute; empty = items do not expire
  bool operator==(const TableShape&) const = default;

  const IndexShape* find(std::string_view index) const;
};

/// From the resolved properties of an AWS::DynamoDB::Table. Errors: Invalid, naming the property.
Result<TableShape> table_shape(const std::string& name, const json::object& properties);
/// One canonical line, for fingerprints and for the journal of effects.
json::value to_json(const TableShape& shape);
json::value to_json(const IndexShape& index);
Result<TableShape> table_shape_from_json(const json::value& value);

/// Where tables live. Errors: Conflict when it exists already, Missing when it does not,
/// Unavailable, Broken.
class Tables {
 public:
  virtual ~Tables() = default;
  virtual Result<std::optional<TableShape>> find(const std::string& table) = 0;
  virtual Done create(const TableShape& shape) = 0;
  /// `types` gives the types of the attributes in the index's key.
  virtual Done add_index(const std::string& table, const IndexShape& index,
                         const std::map<std::string, std::string>& types) = 0;
  virtual Done remove_index(const std::string& table, const std::string& index) = 0;
  /// Items expire by `attribute`; empty = they do not.
  virtual Done set_expiry(const std::string& table, const std::string& attribute) = 0;
  virtual Done remove(const std::string& table) = 0;
};

}  // namespace tandem::deploy::local
