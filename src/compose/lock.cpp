#include "compose/lock.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/python_version.hpp"
#include "base/text.hpp"

namespace tandem::compose {
namespace {

constexpr std::string_view hash_option = "--hash=sha256:";
constexpr std::string_view mark = "# tandem: ";

/// "sha256=ab" or {"sha256": "ab"}: pip has written both.
std::string sha256_of(Fields& archive) {
  Fields hashes(archive.object("hashes"), "a package's hashes");
  if (const auto found = hashes.maybe_string("sha256")) return *found;
  const auto one = archive.string_or("hash", "");
  return one.starts_with("sha256=") ? one.substr(7) : "";
}

Result<LockedPackage> locked(const json::value& member) {
  Fields item(member, "an installed package");
  Fields metadata(item.object("metadata"), "a package's metadata");
  Fields download(item.object("download_info"), "a package's origin");
  Fields archive(download.object("archive_info"), "a package's archive");
  LockedPackage out{python::normalised_name(metadata.string("name")), metadata.string("version"), sha256_of(archive),
                    metadata.string_or("requires_python", "")};
  TRY(metadata.finish());
  if (out.sha256.size() == 64) return out;
  return failure(Fault::Invalid, "the index gives no sha256 for {} {}", out.name, out.version)
      .with_code("TD0403").with_next("take the package from an index that tells hashes");
}

}  // namespace

Result<std::vector<LockedPackage>> locked_packages(std::string_view report) {
  const auto document = TRY(parse_json(report, "pip's report"));
  Fields fields(document, "pip's report");
  std::vector<LockedPackage> out;
  for (const auto& member : fields.list("install")) {
    auto package = TRY(locked(member));
    out.push_back(std::move(package));
  }
  TRY(fields.finish());
  std::ranges::sort(out, {}, &LockedPackage::name);
  return out;
}

std::string text(const std::vector<LockedPackage>& lock) {
  std::string out;
  for (const auto& package : lock) out += fmt::format("{}=={} {}{}\n", package.name, package.version, hash_option, package.sha256);
  return out;
}

Result<std::vector<LockedPackage>> parse_lock(std::string_view text) {
  std::vector<LockedPackage> out;
  for (const auto& line : lines_of(text)) {
    const auto pin = line.find("=="), hash = line.find(hash_option);
    if (pin == line.npos || hash == line.npos || hash < pin) return failure(Fault::Broken, "no line of a lock: {}", line);
    out.push_back({line.substr(0, pin), std::string(trimmed(std::string_view(line).substr(pin + 2, hash - pin - 2))), line.substr(hash + hash_option.size())});
  }
  return out;
}

std::vector<AskedFor> asked_for(std::string_view requirements) {
  std::vector<AskedFor> out;
  const auto raw = lines_of(requirements);
  for (size_t next = 0; next < raw.size();) {
    const int number = static_cast<int>(next) + 1;
    std::string whole = raw[next++];
    while (whole.ends_with('\\') && next < raw.size()) {   // a continuation line
      whole.back() = ' ';
      whole += trimmed(raw[next++]);
    }
    const auto line = trimmed(whole);
    const auto comment = line.starts_with('#') ? 0 : line.find(" #");
    auto code = std::string(trimmed(line.substr(0, comment)));
    if (code.empty()) continue;
    AskedFor asked{.number = number};
    if (comment != line.npos) {
      const auto said = trimmed(line.substr(comment));
      if (said.starts_with(mark)) asked.origin = split(replaced(said.substr(mark.size()), ";", " "), ' ').front();
    }
    while (true) {
      const auto at = code.find(" --hash=");
      if (at == code.npos) break;
      const auto end = code.find(' ', at + 1);
      asked.hashes.push_back(code.substr(at + 8, end == code.npos ? end : end - at - 8));
      code.erase(at, end == code.npos ? end : end - at);
    }
    asked.line = std::string(trimmed(code));
    asked.name = python::normalised_name(asked.line.substr(0, asked.line.find_first_of(" [<>=!~;(@")));
    out.push_back(std::move(asked));
  }
  return out;
}

std::vector<AskedFor> constraints_in(std::string_view requirements) {
  static constexpr std::string_view constraint_mark = "# tandem: constraint: ";
  std::vector<AskedFor> out;
  int number = 0;
  for (const auto& line : lines_of(requirements)) {
    ++number;
    if (!line.starts_with(constraint_mark)) continue;
    for (auto& each : asked_for(std::string_view(line).substr(constraint_mark.size()))) {
      each.number = number;
      each.origin = "application";
      out.push_back(std::move(each));
    }
  }
  return out;
}

bool is_lock(const std::vector<AskedFor>& asked) {
  return !asked.empty() && std::ranges::all_of(asked, [](const AskedFor& each) {
    const auto pin = each.line.find("=="), end = std::min(each.line.find(';'), each.line.size());
    return !each.hashes.empty() && pin < end && each.line.substr(0, end).find_first_of("*<>~,") == std::string::npos;
  });
}

Done check_hashes(const std::vector<LockedPackage>& lock, const std::vector<AskedFor>& asked) {
  for (const auto& [name, hashes, origin, line, number] : asked) {
    const auto found = std::ranges::find(lock, name, &LockedPackage::name);
    // A line whose marker does not hold here installs nothing.
    if (hashes.empty() || found == lock.end() || std::ranges::find(hashes, "sha256:" + found->sha256) != hashes.end()) continue;
    return failure(Fault::Invalid, "{} {} comes as a file with sha256 {}, which the requirements do not allow", name, found->version, found->sha256)
        .at({"requirements.txt", number}).with_code("TD0409").with_next("pin the hash of the file for this Python and machine, or see who changed the package");
  }
  return done();
}

Done check_python(const std::vector<LockedPackage>& lock, std::string_view python) {
  const auto version = TRY(python::Version::parse(python));
  for (const auto& package : lock) {
    const auto wanted = python::parse_specifier(package.requires_python);
    if (!wanted || python::accepts(*wanted, version)) continue;  // pip reads no unreadable wish either
    return failure(Fault::Invalid, "{} {} wants Python {}, the function has {}", package.name, package.version, package.requires_python, python)
        .with_code("TD0408").with_next("raise the function's runtime and compose.runtime, or ask for an older version of the package");
  }
  return done();
}

}  // namespace tandem::compose
