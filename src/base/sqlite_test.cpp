#include "base/sqlite.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"

namespace tandem {
namespace {

TEST(Sqlite, RollsBackWhatAFailedTransactionWrote) {
  auto database = *Database::in_memory();
  ASSERT_TRUE(database.script("CREATE TABLE t(a INTEGER PRIMARY KEY)"));
  const auto outcome = database.transaction([&]() -> Done {
    TRY(database.execute("INSERT INTO t VALUES (?)", {std::int64_t{1}}));
    return failure(Fault::Cancelled, "changed my mind");
  });
  EXPECT_EQ(outcome.error().fault, Fault::Cancelled);
  EXPECT_EQ(**database.integer("SELECT count(*) FROM t"), 0);
}

TEST(Sqlite, TellsABrokenConstraintFromBadSql) {
  auto database = *Database::in_memory();
  ASSERT_TRUE(database.script("CREATE TABLE t(a INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)"));
  EXPECT_EQ(database.execute("INSERT INTO t VALUES (1)").error().fault, Fault::Conflict);
  EXPECT_EQ(database.execute("INSERT INTO nowhere VALUES (1)").error().fault, Fault::Broken);
}

TEST(Sqlite, KeepsBytesAsTheyAre) {
  auto database = *Database::in_memory();
  ASSERT_TRUE(database.script("CREATE TABLE t(a BLOB)"));
  const std::string bytes("a\0b\xff", 4);
  ASSERT_TRUE(database.execute("INSERT INTO t VALUES (?)", {Blob{bytes}}));
  EXPECT_EQ(**database.text("SELECT a FROM t"), bytes);
}

}  // namespace
}  // namespace tandem
