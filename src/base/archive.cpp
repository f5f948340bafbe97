#include "base/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "base/files.hpp"
#include "base/text.hpp"

namespace tandem {
namespace fs = std::filesystem;
namespace {

constexpr size_t entries_max = 100'000;

struct WriterFree {
  void operator()(archive* handle) const { archive_write_free(handle); }
};
struct ReaderFree {
  void operator()(archive* handle) const { archive_read_free(handle); }
};
struct EntryFree {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};
using Writer = std::unique_ptr<archive, WriterFree>;
using Reader = std::unique_ptr<archive, ReaderFree>;
using EntryHandle = std::unique_ptr<archive_entry, EntryFree>;

/// libarchive reads and writes names in the charset of the locale; for this thread that is UTF-8 while it lives.
class Utf8Names {
 public:
  Utf8Names() : utf8_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)), before_(utf8_ ? uselocale(utf8_) : nullptr) {}
  ~Utf8Names() {
    if (utf8_ == nullptr) return;
    uselocale(before_);
    freelocale(utf8_);
  }
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;

 private:
  locale_t utf8_;
  locale_t before_;
};

std::string said(archive* handle) {
  const char* words = archive_error_string(handle);
  return words == nullptr ? "no reason given" : words;
}

/// The file to read for `path`; links are followed as long as they stay inside.
Result<fs::path> source_of(const fs::path& folder, const std::string& path) {
  std::error_code code;
  const auto file = folder / path;
  if (!fs::is_symlink(file, code)) return file;
  const auto real = fs::canonical(file, code);
  const auto inside = real.lexically_relative(fs::canonical(folder));
  if (code || inside.empty() || *inside.begin() == ".." || !fs::is_regular_file(real, code))
    return failure(Fault::Invalid, "{} is a link to something that is no file of the folder", path);
  return real;
}

Done add_file(archive* writer, const fs::path& folder, const std::string& path) {
  const auto source = TRY(source_of(folder, path));
  struct stat found {};
  if (::stat(source.c_str(), &found) != 0) return failure(Fault::Unavailable, "cannot read {}: {}", source.string(), std::strerror(errno));
  const auto bytes = TRY(read_file(source));
  const EntryHandle entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), path.c_str());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), (found.st_mode & S_IXUSR) != 0 ? 0755 : 0644);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes.size()));
  // No time is set on purpose: libarchive then writes 1980-01-01 in every time zone; any other time would be local.
  if (archive_write_header(writer, entry.get()) != ARCHIVE_OK ||
      archive_write_data(writer, bytes.data(), bytes.size()) != static_cast<la_ssize_t>(bytes.size()))
    return failure(Fault::Unavailable, "cannot add {}: {}", path, said(writer));
  return done();
}

Done write_archive(const fs::path& folder, const std::vector<std::string>& paths, const fs::path& to) {
  const Writer writer(archive_write_new());
  if (archive_write_set_format_zip(writer.get()) != ARCHIVE_OK ||
      archive_write_set_options(writer.get(), "zip:compression=deflate,zip:hdrcharset=UTF-8") != ARCHIVE_OK ||
      archive_write_open_filename(writer.get(), to.c_str()) != ARCHIVE_OK)
    return failure(Fault::Unavailable, "cannot write {}: {}", to.string(), said(writer.get()));
  for (const auto& path : paths) TRY(add_file(writer.get(), folder, path));
  if (archive_write_close(writer.get()) != ARCHIVE_OK)
    return failure(Fault::Unavailable, "cannot write {}: {}", to.string(), said(writer.get()));
  return done();
}

/// The name of an entry as a path below the folder, without a last '/'.
Result<std::string> safe_path(const char* name) {
  if (name == nullptr) return failure(Fault::Invalid, "an entry without a readable name");
  std::string path = name;
  if (path.ends_with('/')) path.pop_back();
  bool safe = !path.empty() && path.find('\\') == std::string::npos;
  for (const auto& part : split(path, '/')) safe = safe && !part.empty() && part != "." && part != "..";
  if (!safe) return failure(Fault::Invalid, "an entry that would lie outside the folder: {}", name);
  return path;
}

struct Descriptor {
  int number = -1;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

Done unpack_file(archive* reader, archive_entry* entry, const fs::path& target, std::uint64_t& left) {
  TRY(make_folders(target.parent_path()));
  ::unlink(target.c_str());
  const Descriptor file{::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (file.number < 0) return failure(Fault::Unavailable, "cannot write {}: {}", target.string(), std::strerror(errno));
  std::vector<char> buffer(64 << 10);
  while (true) {
    const auto got = archive_read_data(reader, buffer.data(), buffer.size());
    if (got < 0) return failure(Fault::Invalid, "{} cannot be unpacked: {}", target.filename().string(), said(reader));
    if (got == 0) break;
    if (static_cast<std::uint64_t>(got) > left) return failure(Fault::Invalid, "more than it may hold when unpacked");
    left -= static_cast<std::uint64_t>(got);
    for (la_ssize_t done_bytes = 0; done_bytes < got;) {
      const auto written = ::write(file.number, buffer.data() + done_bytes, static_cast<size_t>(got - done_bytes));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return failure(Fault::Unavailable, "cannot write {}: {}", target.string(), std::strerror(errno));
      done_bytes += written;
    }
  }
  const bool runs = (archive_entry_perm(entry) & 0100) != 0;
  if (::fchmod(file.number, runs ? 0755 : 0644) != 0) return failure(Fault::Unavailable, "cannot set the mode of {}: {}", target.string(), std::strerror(errno));
  return done();
}

Done unpack_entry(archive* reader, archive_entry* entry, const fs::path& folder, std::uint64_t& left) {
  const auto path = TRY(safe_path(archive_entry_pathname(entry)));
  const auto type = archive_entry_filetype(entry);
  if (type == AE_IFDIR) return make_folders(folder / path);
  if (type != AE_IFREG || archive_entry_hardlink(entry) != nullptr) return failure(Fault::Invalid, "{} is no regular file", path);
  return unpack_file(reader, entry, folder / path, left);
}

}  // namespace

Done zip_folder(const fs::path& folder, const fs::path& archive) {
  const Utf8Names names;
  const auto paths = TRY(files_below(folder));
  TRY(make_folders(archive.parent_path()));
  const auto part = fs::path(archive.string() + ".part");
  auto written = write_archive(folder, paths, part);
  if (written && ::rename(part.c_str(), archive.c_str()) != 0)
    written = failure(Fault::Unavailable, "cannot write {}: {}", archive.string(), std::strerror(errno));
  if (!written) ::unlink(part.c_str());
  if (!written) return std::move(written).error().during(fmt::format("zipping {}", folder.string()));
  return done();
}

Done unzip(const fs::path& archive, const fs::path& folder, std::uint64_t limit_bytes) {
  const Utf8Names names;
  std::error_code code;
  if (!fs::exists(archive, code)) return failure(Fault::Missing, "no archive {}", archive.string());
  const Reader reader(archive_read_new());
  archive_read_support_format_zip_seekable(reader.get());
  if (archive_read_open_filename(reader.get(), archive.c_str(), 64 << 10) != ARCHIVE_OK)
    return failure(Fault::Invalid, "{} is no zip file: {}", archive.string(), said(reader.get()));
  TRY(make_folders(folder));
  auto left = limit_bytes;
  size_t entries = 0;
  archive_entry* entry = nullptr;
  int step = 0;
  while ((step = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK) {
    if (++entries > entries_max) return failure(Fault::Invalid, "{} has more than {} entries", archive.string(), entries_max);
    TRY(unpack_entry(reader.get(), entry, folder, left), "unpacking {}", archive.string());
  }
  if (step != ARCHIVE_EOF) return failure(Fault::Invalid, "{} is no whole zip file: {}", archive.string(), said(reader.get()));
  return done();
}

}  // namespace tandem
