#include "record/configuration.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tandem {

std::string_view word(Role role) { return role == Role::Application ? "application" : "infrastructure"; }

std::string_view word(DriftPolicy policy) {
  switch (policy) {
    case DriftPolicy::Refuse: return "refuse";
    case DriftPolicy::Overwrite: return "take-source";
    case DriftPolicy::Branch: return "branch";
  }
  return "";
}

std::string_view word(CommitPolicy policy) { return policy == CommitPolicy::Squash ? "squash" : "each"; }

namespace {
template <typename T, typename Is>
const T* first(const std::vector<T>& list, Is is) {
  const auto found = std::ranges::find_if(list, is);
  return found == list.end() ? nullptr : &*found;
}
}  // namespace

const RepositoryConfiguration* Configuration::find_repository(std::string_view name) const {
  return first(repositories, [&](const auto& repository) { return repository.name == name; });
}

const RepositoryConfiguration* Configuration::find_repository(Role role) const {
  return first(repositories, [&](const auto& repository) { return repository.role == role; });
}

const SyncConfiguration& Configuration::sync_from(const std::string& name) const {
  const auto own = sources.find(name);
  return own == sources.end() ? sync : own->second;
}

const EnvironmentConfiguration* Configuration::find_environment(std::string_view name) const {
  return first(environments, [&](const auto& environment) { return environment.name == name; });
}

bool Configuration::grants_network(const NetworkGrant& asked) const {
  return std::ranges::find(network_grants, asked) != network_grants.end();
}

std::string text(const NetworkGrant& grant) { return grant.repository + "/" + grant.workflow + "/" + grant.action; }

std::optional<NetworkGrant> network_grant_from(std::string_view text) {
  auto names = split(text, '/');
  if (names.size() != 3 || std::ranges::any_of(names, &std::string::empty)) return std::nullopt;
  return NetworkGrant{std::move(names[0]), std::move(names[1]), std::move(names[2])};
}

}  // namespace tandem
