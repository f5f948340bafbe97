#pragma once
// The ground on which the stack engine is tested: assemblies on disk, fakes of tables and serving that remember.

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/files.hpp"
#include "deploy/local/local_target.hpp"

namespace tandem::deploy::local {

/// Tables in memory. `failing` names a table whose creation fails.
class FakeTables final : public Tables {
 public:
  Result<std::optional<TableShape>> find(const std::string& table) override;
  Done create(const TableShape& shape) override;
  Done add_index(const std::string& table, const IndexShape& index, const std::map<std::string, std::string>& types) override;
  Done remove_index(const std::string& table, const std::string& index) override;
  Done set_expiry(const std::string& table, const std::string& attribute) override;
  Done remove(const std::string& table) override;

  std::map<std::string, TableShape> tables{};
  bool refuses_creation = false;
  bool refuses_removal = false;
};

/// Serving that keeps the scenes it was shown, and what it was asked to invoke.
class FakeServing final : public Serving {
 public:
  Result<Addresses> show(const std::string& view, const Scene& scene) override;
  Result<Addresses> become(const std::string& from, const std::string& to, const Scene& scene) override;
  void hide(const std::string& view) override { views.erase(view); }
  Result<Addresses> addresses(const std::string& view) const override;
  Result<Invocation> invoke(const std::string& view, const std::string& function, const std::string& qualifier,
                            const std::string& payload, InvokeMode mode) override;
  Result<Scene> showing(const std::string& view) const override;
  json::value metrics() const override { return json::object{}; }
  std::vector<std::string> log_lines(const std::string&, size_t) const override { return {}; }

  std::map<std::string, Scene> views{};
  bool refuses_to_become = false;
  bool refuses_to_show = false;
};

/// A stack of a test assembly: its template, and the stacks before it.
struct TestStack {
  std::string name;
  std::string body;
  std::vector<std::string> after{};
};

class StackGround : public ::testing::Test {
 protected:
  void SetUp() override;
  /// Opens the target anew, as a restarted program does, and recovers.
  std::vector<std::string> reopen();
  std::unique_ptr<Target> open();
  /// Writes an assembly with one asset folder per entry of `assets` (key "<name>.zip" -> files).
  PrepareRequest assembly(const std::string& deployment, const std::vector<TestStack>& stacks,
                          const std::map<std::string, std::map<std::string, std::string>>& assets = {});
  /// The shape of the registry: a table, a REST API over a versioned function, a site. `code` is what the function holds.
  PrepareRequest registry(const std::string& deployment, const std::string& code);
  Deployment prepared(const PrepareRequest& request);
  Deployment deployed(const PrepareRequest& request);
  std::vector<std::string> statuses(const std::string& stack);   ///< of the stack's own line, newest first
  std::string everything();                                      ///< stacks, events, live: all that people are shown

  OnStackEvent ignore = [](const StackEvent&) {};
  std::unique_ptr<TemporaryFolder> folder;
  LocalTargetOptions options;
  FakeTables tables;
  FakeServing serving;
  ManualClock clock;
  std::unique_ptr<Target> target;
};

/// Texts of the registry's three stacks; `code` is an asset key.
std::vector<TestStack> registry_stacks(const std::string& code);

}  // namespace tandem::deploy::local
