#include "base/archive.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

namespace tandem {
namespace {

namespace fs = std::filesystem;

struct World {
  TemporaryFolder folder = *TemporaryFolder::make();
  fs::path in = folder.path() / "in";
  fs::path out = folder.path() / "out";
  fs::path zip = folder.path() / "bundle.zip";
  World() { (void)make_folders(in); }

  /// Writes a zip with Python, which checks nothing of what it is told.
  void python_zip(const std::string& script) {
    const auto output = run_program({.argv = {"python3", "-c", "import zipfile,stat\nz=zipfile.ZipFile('" + zip.string() + "','w',zipfile.ZIP_DEFLATED)\n" + script + "\nz.close()"},
                             .environment = tool_environment()});
    ASSERT_TRUE(output && output->exit.ok()) << output->err;
  }
};

TEST(Archive, GivesBackTheFilesTheirBytesAndWhetherTheyRun) {
  World world;
  ASSERT_TRUE(write_file(world.in / "deep/er/data", std::string(300'000, 'x') + '\0'));
  ASSERT_TRUE(write_file(world.in / "empty", ""));
  ASSERT_TRUE(write_file(world.in / "grüße 日本.txt", "hi"));
  ASSERT_TRUE(write_file(world.in / "bootstrap", "#!/bin/sh\n"));
  ::chmod((world.in / "bootstrap").c_str(), 0700);
  const auto zipped = zip_folder(world.in, world.zip);
  ASSERT_TRUE(zipped) << zipped.error().what;
  const auto unpacked = unzip(world.zip, world.out);
  ASSERT_TRUE(unpacked) << unpacked.error().what;
  EXPECT_EQ(*files_below(world.out), *files_below(world.in));
  EXPECT_EQ(*digest_of_folder(world.out), *digest_of_folder(world.in));
  struct stat found {};
  ASSERT_EQ(::stat((world.out / "bootstrap").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0755U);
  EXPECT_LT(fs::file_size(world.zip), 10'000u);
  const auto listed = run_program({.argv = {"python3", "-c", "import zipfile,sys;print(sorted(zipfile.ZipFile(sys.argv[1]).namelist())==['bootstrap','deep/er/data','empty','gr\\u00fc\\u00dfe \\u65e5\\u672c.txt'])", world.zip.string()},
                           .environment = tool_environment()});
  EXPECT_EQ(listed->out, "True\n") << listed->err;
}

TEST(Archive, GivesEqualBytesForEqualFoldersWhateverTheTimeTheZoneAndTheMask) {
  World world;
  ASSERT_TRUE(write_file(world.in / "b", "2"));
  ASSERT_TRUE(write_file(world.in / "a", "1"));
  ASSERT_TRUE(zip_folder(world.in, world.zip));
  const auto other = world.folder.path() / "other";
  ASSERT_TRUE(write_file(other / "a", "1"));
  ASSERT_TRUE(write_file(other / "b", "2"));
  ::chmod((other / "a").c_str(), 0600);
  fs::last_write_time(other / "b", fs::file_time_type::clock::now() - std::chrono::hours(100'000));
  const char* zone = std::getenv("TZ");
  const std::string before = zone == nullptr ? "" : zone;
  ::setenv("TZ", "Asia/Tokyo", 1);
  ::tzset();
  ASSERT_TRUE(zip_folder(other, world.folder.path() / "other.zip"));
  zone == nullptr ? ::unsetenv("TZ") : ::setenv("TZ", before.c_str(), 1);
  ::tzset();
  EXPECT_EQ(*read_file(world.zip), *read_file(world.folder.path() / "other.zip"));
}

TEST(Archive, FollowsLinksThatStayInsideAndRefusesOthers) {
  World world;
  ASSERT_TRUE(write_file(world.in / "real", "text"));
  fs::create_symlink("real", world.in / "alias");
  ASSERT_TRUE(zip_folder(world.in, world.zip));
  ASSERT_TRUE(unzip(world.zip, world.out));
  EXPECT_EQ(*read_file(world.out / "alias"), "text");
  EXPECT_FALSE(fs::is_symlink(world.out / "alias"));
  for (const auto* target : {"/etc/passwd", "../in2", "gone"}) {
    fs::remove(world.in / "bad");
    fs::create_symlink(target, world.in / "bad");
    EXPECT_EQ(zip_folder(world.in, world.folder.path() / "bad.zip").error().fault, Fault::Invalid) << target;
  }
  EXPECT_FALSE(fs::exists(world.folder.path() / "bad.zip")) << "no half archive stays";
  EXPECT_FALSE(fs::exists(world.folder.path() / "bad.zip.part"));
}

TEST(Archive, UnpacksNothingOutsideTheFolder) {
  for (const auto* name : {"../evil", "/tmp/evil-absolute", "a/../../evil", "a\\\\..\\\\evil", "./../evil"}) {
    World world;
    world.python_zip(fmt::format("z.writestr(zipfile.ZipInfo('{}'), 'owned')", name));
    const auto unpacked = unzip(world.zip, world.out);
    ASSERT_FALSE(unpacked) << name;
    EXPECT_EQ(unpacked.error().fault, Fault::Invalid) << name;
    EXPECT_FALSE(fs::exists(world.folder.path() / "evil"));
  }
}

TEST(Archive, RefusesLinksInAnArchive) {
  World world;
  world.python_zip("i=zipfile.ZipInfo('link'); i.create_system=3; i.external_attr=(stat.S_IFLNK|0o777)<<16; z.writestr(i,'/etc')\nz.writestr('link/passwd','owned')");
  EXPECT_EQ(unzip(world.zip, world.out).error().fault, Fault::Invalid);
  EXPECT_FALSE(fs::exists(fs::symlink_status(world.out / "link")));
}

TEST(Archive, StopsWhenMoreComesOutThanMayAndWhenTheZipIsBroken) {
  World world;
  world.python_zip("z.writestr('bomb', b'0'*5000000)");
  EXPECT_EQ(unzip(world.zip, world.out, 4'999'999).error().fault, Fault::Invalid);
  EXPECT_TRUE(unzip(world.zip, world.out, 5'000'000));
  world.python_zip("z.writestr('numbers', ' '.join(str(i*i) for i in range(5000)))");
  auto bytes = *read_file(world.zip);
  ASSERT_TRUE(write_file(world.zip, bytes.substr(0, bytes.size() / 2)));
  EXPECT_EQ(unzip(world.zip, world.out).error().fault, Fault::Invalid);
  bytes[bytes.size() / 4] ^= 0x55;
  ASSERT_TRUE(write_file(world.zip, bytes));
  EXPECT_EQ(unzip(world.zip, world.out).error().fault, Fault::Invalid);
  ASSERT_TRUE(write_file(world.zip, "not a zip"));
  EXPECT_EQ(unzip(world.zip, world.out).error().fault, Fault::Invalid);
  EXPECT_EQ(unzip(world.folder.path() / "none.zip", world.out).error().fault, Fault::Missing);
}

}  // namespace
}  // namespace tandem
