#pragma once
// The Target on this machine: applies cloud assemblies to worlds, shows them through Serving, keeps tables in Tables.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/time.hpp"
#include "deploy/local/serving.hpp"
#include "deploy/local/tables.hpp"
#include "deploy/target.hpp"

namespace tandem::deploy::local {

struct LocalTargetOptions {
  std::filesystem::path folder;                    ///< worlds.db and content/; made private to this user
  std::string region = "us-east-1";
  std::string account = "000000000000";
  size_t worlds_max = 10;                          ///< once-live worlds that are kept to go back to
  /// Asked before each resource is made; an error fails that resource. For tests that inject failures.
  std::function<Done(const std::string& stack, const std::string& logical_id)> before_each{};
};

/// `tables`, `serving` and `clock` must outlive it. Call recover() before anything else: it shows what is live.
/// Safe to call from several threads; one operation that changes something runs at a time, others get Conflict.
Result<std::unique_ptr<Target>> open_local_target(LocalTargetOptions options, Tables& tables, Serving& serving, const Clock& clock);

}  // namespace tandem::deploy::local
