#include "record/proof.hpp"

#include "record/words.hpp"

namespace tandem {
namespace {
constexpr Words<Blame, 5> blames{{{{Blame::None, ""},
                                   {Blame::Application, "application"},
                                   {Blame::Path, "path"},
                                   {Blame::Checker, "checker"},
                                   {Blame::Inconclusive, "inconclusive"}}}};
}  // namespace

std::string_view word(Blame blame) { return blames.word(blame); }

json::value to_json(const Proof& proof) {
  json::array cases;
  for (const auto& item : proof.cases)
    cases.push_back({{"suite", item.suite},
                     {"name", item.name},
                     {"passed", item.passed},
                     {"blame", item.blame == Blame::None ? json::value(nullptr) : json::value(word(item.blame))},
                     {"what", item.what},
                     {"took_ms", item.took.count()}});
  return json::object{{"passed", proof.passed}, {"url", proof.url}, {"cases", cases}, {"notes", json_of(proof.notes)}};
}

Result<Proof> proof_from_json(const json::value& value) {
  Fields fields(value, "a proof");
  Proof proof;
  proof.passed = fields.boolean_or("passed", false);
  proof.url = fields.string_or("url", "");
  for (const auto& member : fields.list("cases")) {
    Fields item(member, "a case of a proof");
    proof.cases.push_back({item.string("suite"), item.string("name"), item.boolean_or("passed", false),
                           blames.find(item.string_or("blame", "")).value_or(Blame::Inconclusive),
                           item.string_or("what", ""), Duration{item.integer_or("took_ms", 0)}});
    TRY(item.finish());
  }
  proof.notes = fields.strings("notes");
  TRY(fields.finish());
  return proof;
}

}  // namespace tandem
