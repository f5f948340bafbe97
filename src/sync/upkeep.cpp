#include "sync/upkeep.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/files.hpp"
#include "base/text.hpp"

namespace tandem::sync {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view keep_prefix = "refs/tandem/keep/";
constexpr std::chrono::minutes readers_need{10};
constexpr std::chrono::minutes joining_max{10};
constexpr std::chrono::minutes collecting_max{60};
constexpr std::chrono::hours forgotten_after{1};   ///< a temporary file that old has lost its program: a fetch ends after 30 minutes

fs::path pack_folder(const PairStore& store) { return store.repository().path() / "objects" / "pack"; }
fs::path superseded_file(const PairStore& store) { return store.repository().path() / "tandem-superseded"; }

/// Packs whose objects are all in another one, and since when.
using Superseded = std::map<std::string, std::int64_t>;

Result<Superseded> read_superseded(const PairStore& store) {
  Superseded out;
  const auto text = read_file(superseded_file(store));
  if (!text && text.error().fault != Fault::Missing) return text.error();
  if (!text) return out;
  for (const auto& line : lines_of(*text)) {
    const auto words = split(line, ' ');
    if (words.size() != 2 || !words[1].starts_with("pack-")) return failure(Fault::Broken, "{} holds a line that is none: '{}'", superseded_file(store).string(), line.substr(0, 80));
    out.emplace(words[1], std::strtoll(words[0].c_str(), nullptr, 10));
  }
  return out;
}

Done write_superseded(const PairStore& store, const Superseded& superseded) {
  std::string text;
  for (const auto& [name, since] : superseded) text += fmt::format("{} {}\n", since, name);
  return replace_file(superseded_file(store), text);
}

std::int64_t seconds_of(Instant at) { return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count(); }

void remove_pack(const fs::path& folder, const std::string& name) {
  std::error_code ignored;
  for (const auto* end : {".idx", ".rev", ".mtimes", ".pack"}) fs::remove(folder / (name + end), ignored);   // by its index a pack is looked for
}

/// A store that stays open lets go of them, too: else each would hold a descriptor and its room on the disk to our end.
Done remove_superseded(PairStore& store, Instant now) {
  auto superseded = TRY(read_superseded(store));
  const auto old = seconds_of(now - readers_need);
  const auto gone = std::erase_if(superseded, [&](const auto& one) {
    if (one.second > old) return false;
    remove_pack(pack_folder(store), one.first);
    return true;
  });
  if (gone == 0) return done();
  TRY(write_superseded(store, superseded));
  TRY(store.repository().flush());
  return store.reopen();
}

/// What programs that were killed have left behind.
void remove_forgotten(const PairStore& store) {
  std::error_code ignored;
  for (const auto& file : fs::directory_iterator(pack_folder(store), ignored))
    if (file.path().filename().string().starts_with("tmp_") && file.last_write_time(ignored) < fs::file_time_type::clock::now() - forgotten_after) fs::remove(file.path(), ignored);
}

Result<std::string> git_says(const PairStore& store, std::vector<std::string> words, std::string input, Duration limit, std::stop_token stop = {}) {
  auto command = git::git_command(std::move(words), store.repository().path());
  command.input = std::move(input);
  command.time_limit = limit;
  const auto output = TRY(run_program(command, std::move(stop)));
  if (!output.exit.ok()) return failure(Fault::Unavailable, "git cannot tidy the pair store: {}", trimmed(output.err.substr(0, 500)));
  return output.out;
}

std::string new_pack_prefix(const PairStore& store) { return (pack_folder(store) / "pack").string(); }

Done join_packs(PairStore& store, const std::vector<Pack>& packs, Instant now) {
  std::string input;
  for (const auto& pack : packs) input += pack.name + ".pack\n";
  const auto made = TRY(git_says(store, {"pack-objects", "-q", "--stdin-packs", new_pack_prefix(store)}, input, joining_max));
  auto superseded = TRY(read_superseded(store));
  for (const auto& pack : packs)
    if (pack.name != "pack-" + std::string(trimmed(made))) superseded.emplace(pack.name, seconds_of(now));
  return write_superseded(store, superseded);
}

Done pack_loose(const PairStore& store, const std::vector<std::string>& loose) {
  TRY(git_says(store, {"pack-objects", "-q", new_pack_prefix(store)}, join(loose, "\n") + "\n", joining_max));
  TRY(git_says(store, {"prune-packed", "-q"}, {}, joining_max));   // a reader that misses a file looks into the packs again
  return done();
}

Done name_what_is_kept(PairStore& store, const std::vector<CommitId>& named, Collection& out) {
  auto& repository = store.repository();
  std::set<std::string> wanted;
  for (const auto& commit : named)
    if (repository.tree_of(commit)) wanted.insert(std::string(keep_prefix) + commit.value);
  out.kept = wanted.size();
  const auto present = TRY(repository.refs(keep_prefix));
  for (const auto& name : present)
    if (!wanted.contains(name)) TRY(repository.plan_ref(name, std::nullopt));
  for (const auto& name : wanted) TRY(repository.plan_ref(name, CommitId{name.substr(keep_prefix.size())}));
  return repository.flush();
}

}  // namespace

Result<StoreSize> size_of(const PairStore& store) {
  const auto superseded = TRY(read_superseded(store));
  StoreSize out;
  std::error_code code;
  for (const auto& folder : fs::directory_iterator(store.repository().path() / "objects", code)) {
    const auto name = folder.path().filename().string();
    if (name.size() != 2) continue;
    for (const auto& file : fs::directory_iterator(folder.path(), code)) {
      if (file.path().filename().string().size() != 38) continue;
      out.loose.push_back(name + file.path().filename().string());
      out.bytes += file.file_size(code);
    }
  }
  for (const auto& file : fs::directory_iterator(pack_folder(store), code)) {
    const auto name = file.path().stem().string();
    if (file.path().extension() != ".pack" || superseded.contains(name) || fs::exists(pack_folder(store) / (name + ".keep"), code)) continue;
    out.packs.push_back({name, file.file_size(code)});
    out.bytes += out.packs.back().bytes;
  }
  if (code) return failure(Fault::Unavailable, "cannot list {}: {}", store.repository().path().string(), code.message());
  std::ranges::sort(out.packs, {}, [](const Pack& pack) { return std::pair(pack.bytes, pack.name); });
  return out;
}

std::vector<Pack> to_join(const std::vector<Pack>& packs) {
  std::uint64_t smaller = 0;
  size_t joined = 0;
  for (size_t at = 0; at < packs.size(); ++at) {
    if (packs[at].bytes < 2 * smaller) joined = at + 1;
    smaller += packs[at].bytes;
  }
  return joined < 2 ? std::vector<Pack>{} : std::vector<Pack>(packs.begin(), packs.begin() + static_cast<std::ptrdiff_t>(joined));
}

Done tidy(PairStore& store, Instant now, const TidyPolicy& policy) {
  TRY(remove_superseded(store, now), "removing joined packs");
  auto size = TRY(size_of(store));
  if (size.loose.size() > policy.loose_max) {
    TRY(pack_loose(store, size.loose), "packing loose objects");
    size = TRY(size_of(store));
  }
  if (size.packs.size() <= policy.packs_max) return done();
  remove_forgotten(store);
  const auto packs = to_join(size.packs);
  if (packs.empty()) return done();
  TRY(join_packs(store, packs, now), "joining {} packs", packs.size());
  return done();
}

Result<Collection> collect(PairStore& store, const std::vector<CommitId>& named, std::stop_token stop) {
  const auto lock = TRY(store.lock(std::chrono::minutes{5}, stop));
  TRY(store.repository().flush());
  Collection out;
  out.before = TRY(size_of(store));
  TRY(name_what_is_kept(store, named, out), "keeping what Releases name");
  remove_forgotten(store);
  TRY(git_says(store, {"repack", "-q", "-a", "-d", "-l", "--cruft", "--cruft-expiration=14.days.ago"}, {}, collecting_max, stop));
  TRY(git_says(store, {"prune", "--expire=14.days.ago"}, {}, collecting_max, stop));
  const auto superseded = TRY(read_superseded(store));
  for (const auto& [name, since] : superseded) remove_pack(pack_folder(store), name);
  TRY(write_superseded(store, {}));
  TRY(store.reopen());
  out.after = TRY(size_of(store));
  return out;
}

}  // namespace tandem::sync
