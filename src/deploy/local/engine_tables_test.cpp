#include "deploy/local/engine_tables.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"

namespace tandem::deploy::local {
namespace {

class EngineTablesTest : public ::testing::Test {
 protected:
  static table::Engine opened(const TemporaryFolder& folder, const Clock& clock) {
    return std::move(*table::Engine::open(folder.path() / "tables.db", clock));
  }
  TemporaryFolder folder = *TemporaryFolder::make("tables");
  ManualClock clock;
  table::Engine engine = opened(folder, clock);
  EngineTables tables{engine};
  TableShape people{"people", {{"id", "HASH"}}, {{"email", "S"}, {"id", "S"}}, {{"email-index", {{"email", "HASH"}}}}};
};

TEST_F(EngineTablesTest, FindGivesBackTheShapeThatWasCreated) {
  ASSERT_FALSE(*tables.find("people"));
  const auto created = tables.create(people);
  ASSERT_TRUE(created) << text(created.error());
  EXPECT_EQ(**tables.find("people"), people);
  EXPECT_EQ(tables.create(people).error().fault, Fault::Conflict);
}

TEST_F(EngineTablesTest, IndexesComeAndGo) {
  ASSERT_TRUE(tables.create(people));
  const IndexShape by_phone{"phone-index", {{"phone", "HASH"}, {"id", "RANGE"}}, "KEYS_ONLY"};
  const auto added = tables.add_index("people", by_phone, {{"phone", "S"}, {"id", "S"}});
  ASSERT_TRUE(added) << text(added.error());
  EXPECT_EQ(*(**tables.find("people")).find("phone-index"), by_phone);
  ASSERT_TRUE(tables.remove_index("people", "phone-index"));
  EXPECT_EQ(**tables.find("people"), people);
}

TEST_F(EngineTablesTest, ExpiryIsSetChangedAndTakenAway) {
  ASSERT_TRUE(tables.create(people));
  for (const auto* attribute : {"until", "later", ""}) {
    const auto set = tables.set_expiry("people", attribute);
    ASSERT_TRUE(set) << text(set.error());
    EXPECT_EQ((**tables.find("people")).expiry, attribute);
  }
}

TEST_F(EngineTablesTest, ARemovedTableIsGone) {
  ASSERT_TRUE(tables.create(people));
  ASSERT_TRUE(tables.remove("people"));
  EXPECT_FALSE(*tables.find("people"));
}

}  // namespace
}  // namespace tandem::deploy::local
