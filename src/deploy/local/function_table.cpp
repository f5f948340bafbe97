#include "deploy/local/function_table.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tandem::deploy::local {

FunctionName FunctionName::parse(const std::string& text) {
  auto parts = split(text, ':');
  const auto function = std::find(parts.begin(), parts.end(), "function");
  if (function != parts.end() && parts.size() > 1) parts.erase(parts.begin(), function + 1);
  return {parts.empty() ? std::string() : parts[0], parts.size() > 1 ? parts[1] : std::string()};
}

FunctionTable::FunctionTable(const Scene& scene, Pools& pools, const std::function<std::string(const std::string&)>& localised)
    : permissions_(scene.permissions) {
  for (auto function : scene.functions) {
    for (auto& [name, value] : function.environment) value = localised(value);
    const auto pool = pools.pool(function);
    versions_[function.name][function.version] = pool;
    pools_.push_back(pool);
  }
  for (const auto& alias : scene.aliases) aliases_[FunctionName::parse(alias.function).name][alias.name] = alias;
}

Result<FoundFunction> FunctionTable::find(const FunctionName& name, double draw) const {
  const auto versions = versions_.find(name.name);
  if (versions == versions_.end()) return failure(Fault::Missing, "Function not found: {}", name.name);
  auto version = name.qualifier.empty() ? std::string("$LATEST") : name.qualifier;
  if (const auto aliases = aliases_.find(name.name); aliases != aliases_.end())
    if (const auto alias = aliases->second.find(version); alias != aliases->second.end()) {
      version = alias->second.version;
      for (const auto& [additional, weight] : alias->second.weights) {
        if (draw < weight) version = additional;
        draw -= weight;
      }
    }
  const auto pool = versions->second.find(version);
  if (pool == versions->second.end())
    return failure(Fault::Missing, "Function not found: {}", name.qualifier.empty() ? name.name : name.name + ":" + name.qualifier);
  const auto& arn = pool->second->function().arn;
  return FoundFunction{pool->second, version, name.qualifier.empty() ? arn : arn + ":" + name.qualifier};
}

bool FunctionTable::permits(const FunctionName& name, const std::string& source_arn) const {
  return std::ranges::any_of(permissions_, [&](const Permission& permission) {
    return permission.principal == "apigateway.amazonaws.com" && FunctionName::parse(permission.function) == name &&
           (permission.source_arn.empty() || matches_pattern(permission.source_arn, source_arn));
  });
}

bool matches_pattern(std::string_view pattern, std::string_view text) {
  size_t p = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;
  size_t retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || (pattern[p] == text[t] && pattern[p] != '*'))) {
      ++p, ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace tandem::deploy::local
