#pragma once
// The functions of a shown scene: names, aliases and versions to the pools that run them, and who may call them.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "deploy/local/pool.hpp"
#include "deploy/local/scene.hpp"

namespace tandem::deploy::local {

/// "people", "people:live", an ARN with or without qualifier, "000000000000:function:people".
struct FunctionName {
  std::string name;
  std::string qualifier{};     ///< version or alias, empty when not given

  static FunctionName parse(const std::string& text);
  bool operator==(const FunctionName&) const = default;
};

struct FoundFunction {
  std::shared_ptr<Pool> pool;
  std::string version;         ///< that runs; an alias's weights have been drawn
  std::string arn;             ///< as invoked
};

/// Immutable once made.
class FunctionTable {
 public:
  /// `localised` is applied to the values of environments.
  FunctionTable(const Scene& scene, Pools& pools, const std::function<std::string(const std::string&)>& localised);

  /// `draw` in [0, 1) decides between the versions of a weighted alias. Errors: Missing.
  Result<FoundFunction> find(const FunctionName& name, double draw) const;
  /// May API Gateway, as the caller `source_arn`, invoke exactly this name and qualifier?
  bool permits(const FunctionName& name, const std::string& source_arn) const;
  const std::vector<std::shared_ptr<Pool>>& pools() const { return pools_; }

 private:
  std::map<std::string, std::map<std::string, std::shared_ptr<Pool>>> versions_;   ///< name -> version -> pool
  std::map<std::string, std::map<std::string, Alias>> aliases_;
  std::vector<Permission> permissions_;
  std::vector<std::shared_ptr<Pool>> pools_;
};

/// `*` stands for any run of characters, `?` for one.
bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace tandem::deploy::local
