#include "check/scan.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/text.hpp"
#include "check/globs.hpp"
#include "check/reports.hpp"
#include "check/requirements.hpp"
#include "check/secrets.hpp"
#include "check/severity.hpp"

namespace tandem::check {
namespace {

bool is_key_store(std::string_view path) {
  const auto low = lower(path);
  return std::ranges::any_of(std::array{".p12", ".pfx", ".jks", ".keystore", ".kdbx"},
                             [&](const char* end) { return low.ends_with(end); });
}

/// Text of UTF-16 files with a byte order mark, cut down to their low bytes: secrets are ASCII.
std::optional<std::string> narrowed(std::string_view bytes) {
  const bool little = bytes.starts_with("\xff\xfe");
  if (!little && !bytes.starts_with("\xfe\xff")) return std::nullopt;
  std::string text;
  for (size_t i = 2; i + 1 < bytes.size(); i += 2) text += bytes[i] == 0 || bytes[i + 1] == 0 ? bytes[little ? i : i + 1] : '?';
  return text;
}

bool is_binary(std::string_view bytes) { return bytes.substr(0, 8192).contains('\0'); }

/// Goes through the files of a tree and gathers what it finds.
class Scan {
 public:
  Scan(const git::Repository& repository, const ScanOptions& options, const Globs& only, const Globs& excluded)
      : repository_(repository), options_(options), only_(only), excluded_(excluded) {}

  void look_at(const git::File& file) {
    if (!only_.empty() && !only_.match(file.path)) return outside_.push_back(file.path);
    ++looked_at_;
    if (file.entry.kind == git::EntryKind::Submodule) return add("scan.submodule", "MEDIUM", file.path, "a submodule: its contents are not part of this tree");
    if (excluded_.match(file.path)) return excluded_files_.push_back(file.path);
    if (is_key_store(file.path)) add("secret.key-store", "HIGH", file.path, "a key store");
    const auto size = repository_.blob_size(file.entry.id);
    if (!size) return unread(file.path, size.error());
    if (*size > options_.file_bytes_max) return look_at_start(file, *size);
    const auto bytes = repository_.blob(file.entry.id);
    if (!bytes) return unread(file.path, bytes.error());
    look_at_bytes(file.path, *bytes);
  }

  void take(std::vector<Finding> findings) {
    findings_.insert(findings_.end(), std::make_move_iterator(findings.begin()), std::make_move_iterator(findings.end()));
  }

  void add(std::string rule, std::string severity, std::string path, std::string what) {
    findings_.push_back({std::move(rule), std::move(severity), {std::move(path)}, std::move(what)});
  }

  Verdict verdict() && {
    if (!only_.empty() && looked_at_ == 0)
      add("scan.nothing", "CRITICAL", "", fmt::format("no file is named by {}: nothing was looked at", join(options_.only, ", ")));
    note_files("scan.outside", "not named by the paths to scan", outside_);
    note_files("scan.binary", "binary, not looked at", binary_files_);
    note_files("scan.excluded", "excluded by configuration", excluded_files_);
    std::ranges::stable_sort(findings_, [](const Finding& a, const Finding& b) {
      return std::tie(a.place.file, a.place.line, a.place.column) < std::tie(b.place.file, b.place.line, b.place.column);
    });
    const bool failed = std::ranges::any_of(
        findings_, [this](const Finding& finding) { return weight(finding.severity) >= weight(options_.fails_at); });
    return {!failed, std::move(findings_), {}};
  }

 private:
  void look_at_bytes(const std::string& path, std::string_view bytes) {
    if (const auto text = narrowed(bytes)) return take(find_secrets(path, *text));
    if (is_binary(bytes)) return binary_files_.push_back(path);
    take(find_secrets(path, bytes));
    if (is_requirement_file(path)) take(find_requirement_faults(path, bytes));
  }

  /// Too long to scan. Whether it is text decides if that matters; the object is read for it, but not kept.
  void look_at_start(const git::File& file, std::uint64_t size) {
    const auto bytes = repository_.blob(file.entry.id);
    if (!bytes) return unread(file.path, bytes.error());
    if (is_binary(*bytes)) return binary_files_.push_back(file.path);
    add("scan.too-long", "CRITICAL", file.path,
        fmt::format("{} bytes of text were not looked at (limit {}): exclude the file or raise the limit", size, options_.file_bytes_max));
  }

  void unread(const std::string& path, const Error& error) {
    add("scan.unread", "CRITICAL", path, fmt::format("could not be read: {}", error.what));
  }

  void note_files(std::string_view rule, std::string_view why, const std::vector<std::string>& files) {
    if (files.empty()) return;
    const std::vector<std::string> some(files.begin(), files.begin() + static_cast<long>(std::min<size_t>(files.size(), 5)));
    add(std::string(rule), "INFORMATIONAL", "",
        fmt::format("{} {} {}: {}{}", files.size(), files.size() == 1 ? "file" : "files", why, join(some, ", "), files.size() > 5 ? ", ..." : ""));
  }

  const git::Repository& repository_;
  const ScanOptions& options_;
  const Globs& only_;
  const Globs& excluded_;
  size_t looked_at_ = 0;
  std::vector<Finding> findings_;
  std::vector<std::string> outside_;
  std::vector<std::string> binary_files_;
  std::vector<std::string> excluded_files_;
};

/// The files of `tree` that have to be looked at.
Result<std::vector<git::File>> files_to_scan(const git::Repository& repository, const TreeId& tree,
                                             const std::optional<TreeId>& base) {
  if (!base) return repository.files(tree);
  const auto changes = TRY(repository.changes(base, tree), "comparing with tree {}", base->value);
  std::vector<git::File> files;
  for (const auto& change : changes) {
    if (change.kind == git::ChangeKind::Removed) continue;
    const auto entry = TRY(repository.find(tree, change.path));
    if (entry) files.push_back({change.path, *entry});
  }
  return files;
}

}  // namespace

Result<Verdict> scan_tree(const git::Repository& repository, const TreeId& tree, const std::optional<TreeId>& base,
                          const ScanOptions& options) {
  if (weight(options.fails_at) == 0)
    return failure(Fault::Invalid, "a scan fails at CRITICAL, HIGH, MEDIUM or LOW, not at {}", options.fails_at);
  const auto excluded = TRY(Globs::parse(options.exclude), "reading the paths to exclude");
  const auto only = TRY(Globs::parse(options.only), "reading the paths to scan");
  const auto files = TRY(files_to_scan(repository, tree, base), "scanning tree {}", tree.value);
  Scan scan(repository, options, only, excluded);
  for (const auto& file : files) scan.look_at(file);
  for (const auto& path : options.sarif) {
    auto report = read_report("SARIFSA", path);
    if (report) scan.take(std::move(report->findings));
    else scan.add("scan.tool-unread", "CRITICAL", path.filename().string(), report.error().what);
  }
  return std::move(scan).verdict();
}

}  // namespace tandem::check
