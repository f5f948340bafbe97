#pragma once
// What code needs of the template it is deployed with: values, each with the place in the source that says so.

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace tandem::check {

/// A text as far as the source tells it: a constant, an environment variable, several of these in a row, or unknown.
struct Expression {
  enum class Kind { Text, Variable, Parts, Unknown } kind = Kind::Unknown;
  std::string text{};                      ///< Text: itself; Variable: its name; Unknown: why
  std::vector<Expression> parts{};         ///< Parts; Variable: its default, if it has one
};

/// Who found a need: the syntax tree, the manifest that declares it, or a scan for known words.
enum class Source { Tree, Manifest, Scan };
std::string_view word(Source source);

enum class Level { Required, Optional, HasDefault };

struct VariableNeed {
  std::string name;
  Level level = Level::Required;
  bool ignores_case = false;               ///< pydantic finds table_name under TABLE_NAME
  std::string why{};                       ///< what makes it required, when that is not plain at `place`
  Place place;                             ///< where the name is written
  Place read_at;                           ///< where the environment is asked
  Source source = Source::Tree;
};

/// One call of an AWS service, or one item of a transaction.
struct CallNeed {
  std::string service;                     ///< as boto3 names it: "dynamodb"
  std::string operation;                   ///< "query", "transact_write_items: Put"
  std::vector<std::string> actions;        ///< "Query"
  std::optional<Expression> resource;      ///< the table, the bucket, the queue
  std::optional<Expression> index;
  std::optional<std::vector<std::string>> keys;       ///< attributes of Key, when all are known
  std::optional<std::vector<std::string>> condition;  ///< attributes the key condition names
  Place place;
  std::optional<Place> index_place;        ///< where the index's name is written
  Source source = Source::Tree;
};

struct RouteNeed {
  std::vector<std::string> methods;
  std::string path;                        ///< "/people/{id}"
  Place place;
  Source source = Source::Tree;
  std::vector<std::string> assumes{};      ///< variables whose defaults are part of the path
};

struct VersionNeed {
  int major = 3;
  int minor = 0;
  std::string what;                        ///< "a match statement"
  Place place;
};

/// A hint: how long the code itself waits, or how much it takes at once.
struct TimeNeed {
  double once_seconds = 0;
  double all_seconds = 0;                  ///< with all its retries
  std::string what;
  Place place;
};
struct MemoryNeed {
  std::uint64_t bytes = 0;
  std::string what;
  Place place;
};

/// Something that decides and cannot be read off the source.
struct UnknownNeed {
  std::string what;
  Place place;
};

struct Needs {
  std::vector<VariableNeed> variables;
  std::vector<std::string> variables_set;  ///< by the code itself
  std::vector<CallNeed> calls;
  std::vector<RouteNeed> routes;
  std::vector<VersionNeed> versions;
  std::vector<TimeNeed> times;
  std::vector<MemoryNeed> memory;
  std::optional<std::string> runtime;      ///< a manifest's own word: "provided.al2023"
  Place runtime_place;
  std::vector<UnknownNeed> unparsed;       ///< files that are no Python for the interpreter that read them
  std::vector<UnknownNeed> unknowns;
  std::vector<std::string> notes;
  std::vector<std::string> files_read;
  std::vector<std::string> files_unread;   ///< no entry module imports them
  std::string python;                      ///< version of the interpreter that parsed; empty: there was no Python
  bool has_routes_elsewhere = false;       ///< routes exist but not where they can be read
};

/// A file of the code: its path below the code's root, and its text.
struct SourceFile {
  std::string path;
  std::string text;
};

/// Reads Python by its syntax tree (a separate, isolated interpreter that parses and runs nothing of it), C++ by
/// tandem-contract.yaml and a scan, routes from openapi.yaml when no code declares any.
/// Errors: Missing without a python3; Invalid for a manifest or openapi.yaml that cannot be read; Broken when the
/// reading program itself fails.
Result<Needs> read_needs(const std::vector<SourceFile>& files);

// The parts of read_needs, each adding what it finds.
Done add_python_needs(const std::vector<SourceFile>& files, Needs& needs);
Done add_manifest_needs(const SourceFile& manifest, Needs& needs);
void add_scanned_needs(const SourceFile& file, Needs& needs);
Done add_openapi_routes(const SourceFile& openapi, Needs& needs);

/// Whether a file belongs to what is deployed: not a test, a virtual environment, a package folder or hidden.
bool is_deployed_source(std::string_view path);

}  // namespace tandem::check
