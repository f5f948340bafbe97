#include "base/git.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/git_state.hpp"
#include "base/text.hpp"

namespace tandem::git {
namespace fs = std::filesystem;
namespace {

Entry entry_of(const git_tree_entry& raw) {
  const auto mode = static_cast<unsigned>(git_tree_entry_filemode_raw(&raw));
  return {git_tree_entry_name(&raw), kind_of(mode), mode, hex_of(*git_tree_entry_id(&raw))};
}

bool is_tree(const git_tree_entry& entry) { return git_tree_entry_type(&entry) == GIT_OBJECT_TREE; }

Person person_of(const git_signature& raw) {
  return {raw.name, raw.email, Instant{std::chrono::seconds{raw.when.time}}};
}

Result<SignatureHandle> signature_of(const Person& person) {
  git_signature* raw = nullptr;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(person.at).time_since_epoch().count();
  const int code = git_signature_new(&raw, person.name.c_str(), person.email.c_str(), seconds, 0);
  if (code != 0) return trouble(GIT_EINVALIDSPEC, "'{}' cannot sign a commit", person.name);
  return SignatureHandle(raw);
}

}  // namespace

EntryKind kind_of(unsigned mode) {
  switch (mode & 0170000U) {
    case 0040000: return EntryKind::Tree;
    case 0120000: return EntryKind::Link;
    case 0160000: return EntryKind::Submodule;
    default: return (mode & 0111U) != 0 ? EntryKind::Executable : EntryKind::Blob;
  }
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && !same_ignoring_case(name, ".git") &&
         name.find('/') == std::string_view::npos;
}

Result<OdbHandle> Repository::State::objects() const {
  git_odb* raw = nullptr;
  if (const int code = git_repository_odb(&raw, handle.get()); code != 0) return trouble(code, "cannot read the objects of {}", root.string());
  return OdbHandle(raw);
}

Result<CommitHandle> Repository::State::commit(const CommitId& id) const {
  const auto oid = TRY(oid_of(id.value));
  git_commit* raw = nullptr;
  if (const int code = git_commit_lookup(&raw, handle.get(), &oid); code != 0) return trouble(code, "no commit {}", id.value);
  return CommitHandle(raw);
}

Result<TreeHandle> Repository::State::tree(const git_oid& id) const {
  git_tree* raw = nullptr;
  if (const int code = git_tree_lookup(&raw, handle.get(), &id); code != 0) return trouble(code, "no tree {}", hex_of(id));
  return TreeHandle(raw);
}

Result<TreeHandle> Repository::State::tree(const std::string& id) const {
  const auto oid = TRY(oid_of(id));
  return tree(oid);
}

Result<BlobHandle> Repository::State::blob(std::string_view id) const {
  const auto oid = TRY(oid_of(id));
  git_blob* raw = nullptr;
  if (const int code = git_blob_lookup(&raw, handle.get(), &oid); code != 0) return trouble(code, "no blob {}", id);
  return BlobHandle(raw);
}

Result<std::vector<Entry>> Repository::State::entries(const std::string& id) const {
  const auto tree = TRY(this->tree(id));
  std::vector<Entry> out;
  const size_t count = git_tree_entrycount(tree.get());
  out.reserve(count);
  for (size_t i = 0; i < count; ++i) out.push_back(entry_of(*git_tree_entry_byindex(tree.get(), i)));
  return out;
}

Done Repository::State::flush() const {
  if (gathered != nullptr) TRY(gathered->flush(root / "objects" / "pack"));
  const auto moves = planned->all();
  if (moves.empty()) return done();
  TRY(write_packed_refs(root, moves), "writing the refs of {}", root.string());
  planned->clear();
  return done();
}

Repository::Repository(std::unique_ptr<State> state) : state_(std::move(state)) {}
Repository::~Repository() = default;
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;
const fs::path& Repository::path() const { return state_->root; }

namespace {
fs::path folder_of(git_repository& handle) {
  std::string path = git_repository_path(&handle);
  if (path.ends_with('/')) path.pop_back();
  return path;
}
}  // namespace

Result<Repository> Repository::open(const fs::path& path) {
  library_ready();
  git_repository* raw = nullptr;
  const int code = git_repository_open_ext(&raw, path.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr);
  RepositoryHandle handle(raw);
  if (code == GIT_ENOTFOUND) return failure(Fault::Missing, "no git repository at {}", path.string());
  if (code != 0) {
    auto error = trouble(code, "cannot open the git repository {}", path.string());
    if (!error.what.contains("extensions.objectformat")) return error;
    return failure(Fault::Invalid, "{} names its objects by SHA-256, which is not read here", path.string())
        .with_code("TD0315").with_next("make it a repository with SHA-1 names: git init --object-format=sha1, and push the files there");
  }
  auto folder = folder_of(*handle);
  return Repository(std::make_unique<State>(State{std::move(handle), std::move(folder)}));
}

Result<Repository> Repository::init_bare(const fs::path& path) {
  library_ready();
  git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;
  options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH;
  options.initial_head = "main";
  git_repository* raw = nullptr;
  const int code = git_repository_init_ext(&raw, path.c_str(), &options);
  RepositoryHandle handle(raw);
  if (code != 0) return trouble(code, "cannot make a git repository at {}", path.string());
  auto folder = folder_of(*handle);
  return Repository(std::make_unique<State>(State{std::move(handle), std::move(folder)}));
}

/// What a ref points at, tags followed to what they tag; nullopt when there is no such ref.
Result<std::optional<git_oid>> Repository::State::target_of(const std::string& ref) const {
  git_oid oid;
  if (const auto moved = planned->find(ref)) return moved->to;
  const int found = git_reference_name_to_id(&oid, handle.get(), ref.c_str());
  if (found == GIT_ENOTFOUND) return std::optional<git_oid>{};
  if (found != 0) return trouble(found, "cannot read ref {}", ref);
  git_object* raw = nullptr;
  if (const int code = git_object_lookup(&raw, handle.get(), &oid, GIT_OBJECT_ANY); code != 0)
    return failure(Fault::Broken, "ref {} names {}, which is not here", ref, hex_of(oid)).with_next("git fsck --full in that repository names what is missing; the pair store may be moved away, the next sync makes it anew");
  const ObjectHandle object(raw);
  if (const int code = git_object_peel(&raw, object.get(), GIT_OBJECT_COMMIT); code != 0) return trouble(code, "ref {} names no commit", ref);
  const ObjectHandle commit(raw);
  return std::optional<git_oid>(*git_object_id(commit.get()));
}

Result<std::optional<CommitId>> Repository::find_ref(std::string_view name) const {
  const auto target = TRY(state_->target_of(std::string(name)));
  if (!target) return std::optional<CommitId>{};
  return std::optional<CommitId>(CommitId{hex_of(*target)});
}

Result<std::vector<std::string>> Repository::refs(std::string_view prefix) const {
  git_reference_iterator* raw = nullptr;
  if (const int code = git_reference_iterator_new(&raw, state_->handle.get()); code != 0) return trouble(code, "cannot list refs");
  const IteratorHandle iterator(raw);
  std::set<std::string> names;
  const char* name = nullptr;
  int code = 0;
  while ((code = git_reference_next_name(&name, iterator.get())) == 0)
    if (std::string_view(name).starts_with(prefix)) names.emplace(name);
  if (code != GIT_ITEROVER) return trouble(code, "cannot list refs");
  for (const auto& [moved, to] : state_->planned->all()) {
    if (!moved.starts_with(prefix)) continue;
    if (to) names.insert(moved);
    else names.erase(moved);
  }
  return std::vector(names.begin(), names.end());
}

Result<CommitId> Repository::resolve(std::string_view revision) const {
  git_object* raw = nullptr;
  const std::string text(revision);
  if (const int code = git_revparse_single(&raw, state_->handle.get(), text.c_str()); code != 0)
    return trouble(code, "'{}' names no commit", text);
  const ObjectHandle object(raw);
  if (const int code = git_object_peel(&raw, object.get(), GIT_OBJECT_COMMIT); code != 0)
    return trouble(code, "'{}' names no commit", text);
  const ObjectHandle commit(raw);
  return CommitId{hex_of(*git_object_id(commit.get()))};
}

Result<Commit> Repository::commit(const CommitId& id) const {
  const auto raw = TRY(state_->commit(id));
  Commit out{id, {hex_of(*git_commit_tree_id(raw.get()))}, {}, person_of(*git_commit_author(raw.get())),
             person_of(*git_commit_committer(raw.get())), git_commit_message_raw(raw.get())};
  for (unsigned i = 0; i < git_commit_parentcount(raw.get()); ++i)
    out.parents.push_back({hex_of(*git_commit_parent_id(raw.get(), i))});
  return out;
}

Result<TreeId> Repository::tree_of(const CommitId& id) const {
  const auto raw = TRY(state_->commit(id));
  return TreeId{hex_of(*git_commit_tree_id(raw.get()))};
}

Result<std::vector<Entry>> Repository::entries(const TreeId& tree) const { return state_->entries(tree.value); }

Result<std::string> Repository::tree_bytes(const TreeId& tree) const {
  const auto oid = TRY(oid_of(tree.value));
  const auto objects = TRY(state_->objects());
  git_odb_object* raw = nullptr;
  if (const int code = git_odb_read(&raw, objects.get(), &oid); code != 0) return trouble(code, "no tree {}", tree.value);
  const std::unique_ptr<git_odb_object, With<git_odb_object_free>> object(raw);
  if (git_odb_object_type(raw) != GIT_OBJECT_TREE) return failure(Fault::Missing, "no tree {}: it is something else", tree.value);
  return std::string(static_cast<const char*>(git_odb_object_data(raw)), git_odb_object_size(raw));
}

Result<std::optional<Entry>> Repository::find(const TreeId& tree, std::string_view path) const {
  const auto root = TRY(state_->tree(tree.value));
  if (path.empty()) return std::optional<Entry>(Entry{"", EntryKind::Tree, 0040000, tree.value});
  git_tree_entry* raw = nullptr;
  const int code = git_tree_entry_bypath(&raw, root.get(), std::string(path).c_str());
  const EntryHandle entry(raw);
  if (code == GIT_ENOTFOUND) return std::optional<Entry>{};
  if (code != 0) return trouble(code, "cannot look for {} in tree {}", path, tree.value);
  return std::optional<Entry>(entry_of(*entry));
}

Result<std::string> Repository::blob(std::string_view id) const {
  const auto raw = TRY(state_->blob(id));
  return std::string(static_cast<const char*>(git_blob_rawcontent(raw.get())), static_cast<size_t>(git_blob_rawsize(raw.get())));
}

Result<std::uint64_t> Repository::blob_size(std::string_view id) const {
  const auto oid = TRY(oid_of(id));
  const auto objects = TRY(state_->objects());
  size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  const int code = git_odb_read_header(&size, &type, objects.get(), &oid);
  if (code != 0) return trouble(code, "no blob {}", id);
  if (type != GIT_OBJECT_BLOB) return failure(Fault::Missing, "no blob {}: it is something else", id);
  return std::uint64_t{size};
}

Result<std::string> Repository::read(const CommitId& commit, std::string_view path) const {
  const auto tree = TRY(tree_of(commit));
  const auto entry = TRY(find(tree, path));
  if (!entry || (entry->kind != EntryKind::Blob && entry->kind != EntryKind::Executable))
    return failure(Fault::Missing, "no file {} in commit {}", path, commit.value);
  return blob(entry->id);
}

Result<std::vector<File>> Repository::files(const TreeId& tree) const {
  std::vector<File> out;
  TRY(state_->list(tree.value, "", 0, out), "listing tree {}", tree.value);
  std::sort(out.begin(), out.end(), [](const File& a, const File& b) { return a.path < b.path; });
  return out;
}

Done Repository::State::list(const std::string& tree, const std::string& below, int depth, std::vector<File>& out) const {
  if (depth > tree_depth_max) return failure(Fault::Invalid, "folders nested deeper than {}: {}", tree_depth_max, below);
  auto here = TRY(entries(tree));
  for (auto& entry : here) {
    auto path = below + entry.name;
    if (entry.kind == EntryKind::Tree) TRY(list(entry.id, path + '/', depth + 1, out));
    else out.push_back({std::move(path), std::move(entry)});
  }
  return done();
}

Done Repository::State::report(ChangeKind kind, const Entry& entry, const std::string& path, int depth, std::vector<Change>& out) const {
  if (entry.kind != EntryKind::Tree) {
    out.push_back({kind, path});
    return done();
  }
  std::vector<File> below;
  TRY(list(entry.id, path + '/', depth, below));
  for (auto& file : below) out.push_back({kind, std::move(file.path)});
  return done();
}

/// Descends only where ids differ.
Done Repository::State::compare(const git_oid& from, const git_oid& to, const std::string& below, int depth, std::vector<Change>& out) const {
  if (depth > tree_depth_max) return failure(Fault::Invalid, "folders nested deeper than {}: {}", tree_depth_max, below);
  const auto left = TRY(tree(from));
  const auto right = TRY(tree(to));
  std::unordered_map<std::string_view, const git_tree_entry*> before;
  for (size_t at = 0; at < git_tree_entrycount(left.get()); ++at) {
    const auto* entry = git_tree_entry_byindex(left.get(), at);
    before.insert_or_assign(git_tree_entry_name(entry), entry);
  }
  for (size_t at = 0; at < git_tree_entrycount(right.get()); ++at) {
    const auto& now = *git_tree_entry_byindex(right.get(), at);
    const auto old = before.find(git_tree_entry_name(&now));
    const auto* was = old == before.end() ? nullptr : old->second;
    if (was != nullptr) before.erase(old);
    if (was != nullptr && git_oid_equal(git_tree_entry_id(was), git_tree_entry_id(&now)) && git_tree_entry_filemode_raw(was) == git_tree_entry_filemode_raw(&now)) continue;
    const auto path = below + git_tree_entry_name(&now);
    if (was == nullptr) {
      TRY(report(ChangeKind::Added, entry_of(now), path, depth + 1, out));
      continue;
    }
    const bool was_tree = is_tree(*was), is_tree_now = is_tree(now);
    if (was_tree && is_tree_now) TRY(compare(*git_tree_entry_id(was), *git_tree_entry_id(&now), path + '/', depth + 1, out));
    if (!was_tree && !is_tree_now) out.push_back({ChangeKind::Modified, path});
    if (was_tree == is_tree_now) continue;
    TRY(report(ChangeKind::Removed, entry_of(*was), path, depth + 1, out));
    TRY(report(ChangeKind::Added, entry_of(now), path, depth + 1, out));
  }
  for (const auto& [name, gone] : before) TRY(report(ChangeKind::Removed, entry_of(*gone), below + std::string(name), depth + 1, out));
  return done();
}

Result<std::vector<Change>> Repository::changes(const std::optional<TreeId>& from, const TreeId& to) const {
  std::vector<Change> out;
  if (!from) {
    TRY(state_->report(ChangeKind::Added, Entry{"", EntryKind::Tree, 0040000, to.value}, "", 0, out));
  } else if (*from != to) {
    const auto before = TRY(oid_of(from->value));
    const auto after = TRY(oid_of(to.value));
    TRY(state_->compare(before, after, "", 0, out));
  }
  for (auto& change : out)
    if (!from) change.path.erase(0, 1);  // the root itself has no name, only a separator
  std::sort(out.begin(), out.end(), [](const Change& a, const Change& b) { return a.path < b.path; });
  return out;
}

Result<bool> Repository::is_ancestor(const CommitId& ancestor, const CommitId& descendant) const {
  const auto older = TRY(oid_of(ancestor.value));
  const auto newer = TRY(oid_of(descendant.value));
  TRY(state_->commit(ancestor));
  TRY(state_->commit(descendant));
  if (ancestor == descendant) return true;
  const int code = git_graph_descendant_of(state_->handle.get(), &newer, &older);
  if (code < 0) return trouble(code, "cannot compare {} with {}", ancestor.value, descendant.value);
  return code == 1;
}

Result<std::vector<Commit>> Repository::history(const CommitId& tip, size_t count) const {
  std::vector<Commit> out;
  std::optional<CommitId> at = tip;
  while (at && out.size() < count) {
    auto next = TRY(commit(*at));
    out.push_back(std::move(next));
    at = out.back().parents.empty() ? std::nullopt : std::optional(out.back().parents.front());
  }
  return out;
}

Result<std::string> Repository::write_blob(std::string_view bytes) {
  git_oid oid;
  const int code = git_blob_create_from_buffer(&oid, state_->handle.get(), bytes.data(), bytes.size());
  if (code != 0) return trouble(code, "cannot write a blob of {} bytes", bytes.size());
  return hex_of(oid);
}

Result<CommitId> Repository::write_commit(const TreeId& tree, const std::vector<CommitId>& parents, const Person& author,
                                          const Person& committer, std::string_view message) {
  const auto content = TRY(state_->tree(tree.value));
  std::vector<CommitHandle> held;
  std::vector<const git_commit*> raw_parents;
  for (const auto& parent : parents) {
    auto commit = TRY(state_->commit(parent));
    held.push_back(std::move(commit));
    raw_parents.push_back(held.back().get());
  }
  const auto wrote = TRY(signature_of(author));
  const auto committed = TRY(signature_of(committer));
  git_oid oid;
  const int code = git_commit_create(&oid, state_->handle.get(), nullptr, wrote.get(), committed.get(), nullptr,
                                     std::string(message).c_str(), content.get(), raw_parents.size(), raw_parents.data());
  if (code != 0) return trouble(code, "cannot write a commit");
  return CommitId{hex_of(oid)};
}

namespace {

/// Locks one ref, as the git program does, so that what is read now still holds when it is written.
Result<TransactionHandle> lock(git_repository& repository, const std::string& ref) {
  int valid = 0;
  if (git_reference_name_is_valid(&valid, ref.c_str()) != 0 || valid == 0 || !ref.starts_with("refs/"))
    return failure(Fault::Invalid, "not the full name of a ref: '{}'", ref);
  git_transaction* raw = nullptr;
  if (const int code = git_transaction_new(&raw, &repository); code != 0) return trouble(code, "cannot move ref {}", ref);
  TransactionHandle transaction(raw);
  const int code = git_transaction_lock_ref(transaction.get(), ref.c_str());
  if (code != 0) return trouble(code, "ref {} cannot be locked", ref);
  return transaction;
}

std::string shown(const std::optional<git_oid>& oid) { return oid ? hex_of(*oid) : "nowhere"; }

}  // namespace

Done Repository::gather_writes() {
  if (state_->gathered != nullptr) return done();
  const auto objects = TRY(state_->objects());
  state_->gathered = TRY(MemoryObjects::attach(*objects));
  return done();
}

Done Repository::flush() { return state_->flush(); }

Done Repository::plan_ref(std::string_view name, const std::optional<CommitId>& to) {
  std::optional<git_oid> target;
  if (to) target = TRY(oid_of(to->value));
  state_->planned->plan(name, target);
  return done();
}

void Repository::forget() {
  if (state_->gathered != nullptr) state_->gathered->forget();
}

Done Repository::move_ref(std::string_view name, const CommitId& to, const std::optional<CommitId>& expected) {
  TRY(flush());
  const std::string ref(name);
  const auto target = TRY(oid_of(to.value));
  TRY(state_->commit(to), "moving {}", ref);
  std::optional<git_oid> wanted;
  if (expected) wanted = TRY(oid_of(expected->value));
  const auto transaction = TRY(lock(*state_->handle, ref));
  const auto actual = TRY(state_->target_of(ref));
  const bool as_expected = wanted.has_value() == actual.has_value() && (!wanted || git_oid_equal(&*wanted, &*actual));
  if (!as_expected) return failure(Fault::Conflict, "ref {} is at {}, not at {}", ref, shown(actual), shown(wanted));
  int code = git_transaction_set_target(transaction.get(), ref.c_str(), &target, nullptr, "tandem");
  if (code == 0) code = git_transaction_commit(transaction.get());
  if (code != 0) return trouble(code, "cannot move ref {}", ref);
  return done();
}

Done Repository::delete_ref(std::string_view name) {
  const std::string ref(name);
  const auto transaction = TRY(lock(*state_->handle, ref));
  git_oid oid;
  if (const int code = git_reference_name_to_id(&oid, state_->handle.get(), ref.c_str()); code != 0) return trouble(code, "no ref {}", ref);
  int code = git_transaction_remove(transaction.get(), ref.c_str());
  if (code == 0) code = git_transaction_commit(transaction.get());
  if (code != 0) return trouble(code, "cannot delete ref {}", ref);
  return done();
}

Done Repository::set_note(std::string_view name, const CommitId& commit, const Person& who, std::string_view text) {
  const auto ref = fmt::format("refs/notes/{}", name);
  const auto oid = TRY(oid_of(commit.value));
  TRY(state_->commit(commit));
  if (state_->gathered != nullptr) return failure(Fault::Invalid, "notes are not written where objects are gathered: {}", state_->root.string());
  const auto signature = TRY(signature_of(who));
  git_oid written;
  const int code = git_note_create(&written, state_->handle.get(), ref.c_str(), signature.get(), signature.get(), &oid, std::string(text).c_str(), 1);
  if (code != 0) return trouble(code, "cannot write the note of {} in {}", commit.value, ref);
  return done();
}

Result<std::optional<std::string>> Repository::note(std::string_view name, const CommitId& commit) const {
  const auto ref = fmt::format("refs/notes/{}", name);
  const auto oid = TRY(oid_of(commit.value));
  git_note* raw = nullptr;
  const int code = git_note_read(&raw, state_->handle.get(), ref.c_str(), &oid);
  const NoteHandle held(raw);
  if (code == GIT_ENOTFOUND) return std::optional<std::string>{};
  if (code != 0) return trouble(code, "cannot read the note of {} in {}", commit.value, ref);
  return std::optional<std::string>(git_note_message(held.get()));
}

Result<std::string> unified(std::string_view before, std::string_view after, const std::string& path) {
  library_ready();
  git_diff_options options = GIT_DIFF_OPTIONS_INIT;
  options.flags = GIT_DIFF_FORCE_TEXT;
  git_patch* raw = nullptr;
  int code = git_patch_from_buffers(&raw, before.data(), before.size(), path.c_str(), after.data(), after.size(), path.c_str(), &options);
  if (code != 0) return trouble(code, "cannot compare two versions of {}", path);
  const std::unique_ptr<git_patch, With<git_patch_free>> patch(raw);
  git_buf buffer{};
  code = git_patch_to_buf(&buffer, patch.get());
  if (code != 0) return trouble(code, "cannot compare two versions of {}", path);
  std::string out(buffer.ptr == nullptr ? "" : buffer.ptr, buffer.size);
  git_buf_dispose(&buffer);
  return out;
}

}  // namespace tandem::git
