#include "record/configuration.hpp"

#include <algorithm>

namespace tandem {

std::string_view word(Role role) { return role == Role::Application ? "application" : "infrastructure"; }

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

const EnvironmentConfiguration* Configuration::find_environment(std::string_view name) const {
  return first(environments, [&](const auto& environment) { return environment.name == name; });
}

}  // namespace tandem
