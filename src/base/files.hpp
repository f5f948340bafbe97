#pragma once
// The file system: whole files, durable replacement, folders that vanish with their owner.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace tandem {

Result<std::string> read_file(const std::filesystem::path& path);
/// Makes missing parent folders; not durable.
Done write_file(const std::filesystem::path& path, std::string_view bytes);
/// Atomic and durable: temporary name, fsync, rename, fsync of the folder. `mode` as in chmod.
Done replace_file(const std::filesystem::path& path, std::string_view bytes, unsigned mode = 0644);
Done make_folders(const std::filesystem::path& path);
/// Nothing there is success.
Done remove_all(const std::filesystem::path& path);
/// Copies regular files, links (as links) and modes below `from` into `to`, which it makes.
Done copy_folder(const std::filesystem::path& from, const std::filesystem::path& to);
/// Regular files and links below `root`, relative, sorted, '/' separators.
Result<std::vector<std::string>> files_below(const std::filesystem::path& root);

/// A new empty folder that is removed with everything in it when its owner goes.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> make(std::string_view prefix = "tandem");
  static Result<TemporaryFolder> make_in(const std::filesystem::path& parent, std::string_view prefix);
  ~TemporaryFolder();
  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&& other) noexcept;
  const std::filesystem::path& path() const { return path_; }
  /// The folder stays; the caller owns it from now on.
  std::filesystem::path release();

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace tandem
