#include "record/bundle.hpp"

namespace tandem {

json::value to_json(const HandlerChoice& choice) {
  return json::object{{"handler", choice.handler},
                      {"chosen", choice.chosen},
                      {"state", choice.state},
                      {"reason", choice.reason},
                      {"file", choice.place ? json::value(choice.place->file) : json::value(nullptr)},
                      {"line", choice.place && choice.place->line > 0 ? json::value(choice.place->line) : json::value(nullptr)}};
}

json::value to_json(const Bundle& bundle) {
  json::array choices;
  for (const auto& choice : bundle.choices) choices.push_back(to_json(choice));
  return json::object{{"digest", bundle.digest.value},
                      {"folder", bundle.folder},
                      {"handler", bundle.handler},
                      {"entry_point", bundle.entry_point},
                      {"runtime", bundle.runtime},
                      {"requirements", bundle.requirements.value},
                      {"packages", json_of(bundle.packages)},
                      {"choices", choices},
                      {"notes", json_of(bundle.notes)}};
}

Result<Bundle> bundle_from_json(const json::value& value) {
  Fields fields(value, "a bundle");
  Bundle bundle;
  bundle.digest.value = fields.string("digest");
  bundle.folder = fields.string("folder");
  bundle.handler = fields.string("handler");
  bundle.entry_point = fields.string_or("entry_point", "");
  bundle.runtime = fields.string_or("runtime", "");
  bundle.requirements.value = fields.string_or("requirements", "");
  bundle.packages = fields.strings("packages");
  for (const auto& member : fields.list("choices")) {
    Fields choice(member, "a handler choice");
    bundle.choices.push_back({choice.string("handler"), choice.boolean_or("chosen", false), choice.string_or("reason", ""),
                              choice.string_or("state", "")});
    if (const auto file = choice.maybe_string("file"))
      bundle.choices.back().place = Place{*file, static_cast<int>(choice.integer_or("line", 0))};
    TRY(choice.finish());
  }
  bundle.notes = fields.strings("notes");
  TRY(fields.finish());
  return bundle;
}

}  // namespace tandem
