#pragma once
// Which route a request takes: literal beats variable beats greedy, an exact method beats ANY.

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "deploy/local/scene.hpp"

namespace tandem::deploy::local {

struct RouteMatch {
  const Route* route = nullptr;
  std::map<std::string, std::string> parameters{};   ///< still percent-encoded
};

/// The routes of one API as a tree of path segments.
class RouteTable {
 public:
  /// `api` outlives the table.
  explicit RouteTable(const Api& api);
  ~RouteTable();

  /// `path` is percent-encoded and without the stage. A REST API settles on the path first: a path without the method
  /// is no match. An HTTP API goes on to less specific paths that have the method, then to $default.
  std::optional<RouteMatch> match(const std::string& method, const std::string& path) const;

 private:
  struct Node;
  const Api& api_;
  std::unique_ptr<Node> root_;
  const Route* fallback_ = nullptr;
};

}  // namespace tandem::deploy::local
