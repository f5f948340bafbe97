#include "record/bundle.hpp"

namespace tandem {

json::value to_json(const Bundle& bundle) {
  json::array choices;
  for (const auto& choice : bundle.choices)
    choices.push_back({{"handler", choice.handler}, {"chosen", choice.chosen}, {"reason", choice.reason}});
  return json::object{{"digest", bundle.digest.value},
                      {"folder", bundle.folder},
                      {"handler", bundle.handler},
                      {"entry_point", bundle.entry_point},
                      {"runtime", bundle.runtime},
                      {"requirements", bundle.requirements.value},
                      {"packages", json_of(bundle.packages)},
                      {"choices", choices}};
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
    bundle.choices.push_back(
        {choice.string("handler"), choice.boolean_or("chosen", false), choice.string_or("reason", "")});
    TRY(choice.finish());
  }
  TRY(fields.finish());
  return bundle;
}

}  // namespace tandem
