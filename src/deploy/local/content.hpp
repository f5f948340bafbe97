#pragma once
// Folders named by what is in them: unpacked code, layers and sites. Made once, never changed,
// shared by worlds.

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/result.hpp"
#include "deploy/local/assembly.hpp"

namespace tandem::deploy::local {

/// A folder of the store and the digest of its files.
struct Content {
  std::string folder;
  std::string digest;  ///< "sha256:..."
  bool operator==(const Content&) const = default;
};

/// Part of a site: files of one source below a key prefix, with texts put in where markers stand.
struct SitePart {
  Asset source;
  std::string prefix{};
  std::map<std::string, std::string> markers{};  ///< marker -> text
};

/// Errors: Missing when an asset's folder or file is not there, Invalid for what it holds,
/// Unavailable.
class ContentStore {
 public:
  explicit ContentStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Unpacks a code asset; files become read only and `bootstrap` executable.
  Result<Content> unpack(const Asset& asset) const;
  /// A folder with one file, for inline code.
  Result<Content> inline_file(const std::string& name, const std::string& text) const;
  /// Parts laid over each other, later ones win.
  Result<Content> site(const std::vector<SitePart>& parts) const;
  /// Folders of this store laid over each other, later ones win.
  Result<Content> merged(const std::vector<std::string>& folders) const;
  /// Removes every folder that is not in `kept`. Returns how many went.
  Result<int> collect(const std::set<std::string>& kept) const;

 private:
  Result<Content> keep(const std::filesystem::path& filled) const;
  std::filesystem::path folder_;
};

}  // namespace tandem::deploy::local
