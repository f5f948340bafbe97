#pragma once
// What the engine's unit tests share: an engine on a file that vanishes, and a clock turned by hand.

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "base/files.hpp"
#include "deploy/local/table/engine.hpp"

namespace tandem::deploy::local::table::testing {

inline json::value wire(std::string_view text) { return json::parse(json::string_view(text.data(), text.size())); }

/// One engine and the file below it.
class World {
 public:
  World() : folder_(*TemporaryFolder::make("table")) { reopen(); }

  void reopen() {
    engine_.reset();
    auto opened = Engine::open(path(), clock);
    EXPECT_TRUE(opened);
    engine_.emplace(std::move(opened).value());
  }
  void close() { engine_.reset(); }
  std::filesystem::path path() const { return folder_.path() / "tables.db"; }
  Engine& engine() { return *engine_; }

  TableAnswer answer(std::string_view operation, std::string_view body) { return engine_->answer(operation, wire(body)); }
  /// The body of an answer that must be a success.
  json::value good(std::string_view operation, std::string_view body) {
    auto given = answer(operation, body);
    EXPECT_EQ(given.status, 200) << operation << " " << body << "\n" << to_text(given.body);
    return given.body;
  }
  /// The message of an answer that must be a refusal.
  static std::string message(const TableAnswer& answer) {
    EXPECT_EQ(answer.status, 400);
    for (const auto* name : {"message", "Message"})
      if (const auto* found = answer.body.as_object().if_contains(name)) return std::string(found->as_string());
    return {};
  }
  std::string refused(std::string_view operation, std::string_view body) { return message(answer(operation, body)); }

  /// Table People: key id, global index by-email.
  void create_people() {
    good("CreateTable", R"({"TableName":"People","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},{"AttributeName":"email","AttributeType":"S"}],
      "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
      "GlobalSecondaryIndexes":[{"IndexName":"by-email","KeySchema":[{"AttributeName":"email","KeyType":"HASH"}],
        "Projection":{"ProjectionType":"ALL"}}]})");
  }

  ManualClock clock;

 private:
  TemporaryFolder folder_;
  std::optional<Engine> engine_;
};

}  // namespace tandem::deploy::local::table::testing
