#include "deploy/local/intrinsic_functions.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/digest.hpp"
#include "base/text.hpp"

namespace tandem::deploy::local {
namespace {

Result<Resolved> given(json::value value) { return Resolved(std::move(value)); }

Error refused(std::string_view function, std::string_view why) { return failure(Fault::Invalid, "{} {}", function, why); }

/// The argument as a list of `least` to `most` operands.
Result<json::array> operands(std::string_view function, const json::value& argument, size_t least, size_t most) {
  const auto* array = argument.if_array();
  if (array == nullptr || array->size() < least || array->size() > most)
    return failure(Fault::Invalid, "{} wants a list of {} to {} operands", function, least, most);
  return *array;
}

Result<std::string> text_of(std::string_view function, const json::value& expression, const Names& names) {
  const auto value = TRY(resolve(expression, names));
  const auto text = value ? scalar_text(*value) : std::nullopt;
  if (!text) return refused(function, "wants text where it has a list, an object or nothing");
  return *text;
}

Result<json::array> list_of(std::string_view function, const json::value& expression, const Names& names) {
  const auto value = TRY(resolve(expression, names));
  if (!value || !value->is_array()) return refused(function, "wants a list");
  return value->as_array();
}

Result<json::value> named(const std::string& name, const Names& names) {
  if (const auto found = names.values.find(name); found != names.values.end()) return found->second;
  if (name.starts_with("AWS::")) return failure(Fault::Invalid, "no pseudo parameter {}", name);
  if (!names.ref) return failure(Fault::Invalid, "no parameter named {}", name);
  return names.ref(name);
}

Result<json::value> attribute(const std::string& logical_id, const std::string& name, const Names& names) {
  if (!names.attribute) return failure(Fault::Invalid, "Fn::GetAtt has no meaning here");
  return names.attribute(logical_id, name);
}

Result<Resolved> ref(const json::value& argument, const Names& names) {
  if (!argument.is_string()) return refused("Ref", "wants a name");
  const std::string name(argument.as_string());
  if (name == "AWS::NoValue") return Resolved{};
  auto value = TRY(named(name, names));
  return given(std::move(value));
}

Result<Resolved> get_att(const json::value& argument, const Names& names) {
  std::string logical_id;
  std::string name;
  if (const auto* text = argument.if_string()) {
    const auto dot = text->find('.');
    if (dot == json::string::npos) return refused("Fn::GetAtt", "wants resource.attribute");
    logical_id = std::string(std::string_view(*text).substr(0, dot));
    name = std::string(std::string_view(*text).substr(dot + 1));
  } else {
    const auto parts = TRY(operands("Fn::GetAtt", argument, 2, 2));
    logical_id = TRY(text_of("Fn::GetAtt", parts[0], names));
    name = TRY(text_of("Fn::GetAtt", parts[1], names));
  }
  auto value = TRY(attribute(logical_id, name, names));
  return given(std::move(value));
}

Result<Resolved> join_texts(const json::value& argument, const Names& names) {
  const auto parts = TRY(operands("Fn::Join", argument, 2, 2));
  const auto separator = TRY(text_of("Fn::Join", parts[0], names));
  const auto members = TRY(list_of("Fn::Join", parts[1], names));
  std::vector<std::string> texts;
  for (const auto& member : members) {
    const auto text = scalar_text(member);
    if (!text) return refused("Fn::Join", "joins text only, not lists or objects");
    texts.push_back(*text);
  }
  return given(json::value(join(texts, separator)));
}

/// The pieces of a Fn::Sub text: literal text, or a name in ${}.
struct Piece {
  std::string text;
  bool is_name = false;
};

Result<std::vector<Piece>> pieces_of(std::string_view text) {
  std::vector<Piece> pieces;
  while (!text.empty()) {
    const auto start = text.find("${");
    if (start != 0) pieces.push_back({std::string(text.substr(0, start))});
    if (start == std::string_view::npos) break;
    const auto end = text.find('}', start);
    if (end == std::string_view::npos) return refused("Fn::Sub", "has a ${ without its }");
    const auto name = text.substr(start + 2, end - start - 2);
    if (name.starts_with('!')) pieces.push_back({fmt::format("${{{}}}", name.substr(1))});
    else pieces.push_back({std::string(trimmed(name)), true});
    text.remove_prefix(end + 1);
  }
  return pieces;
}

Result<std::string> substitute(const std::string& name, const json::object& given_names, const Names& names) {
  if (const auto* own = given_names.if_contains(name)) return text_of("Fn::Sub", *own, names);
  const auto dot = name.find('.');
  const bool plain = dot == std::string::npos || names.values.contains(name);
  const auto value = TRY(plain ? named(name, names) : attribute(name.substr(0, dot), name.substr(dot + 1), names));
  const auto text = scalar_text(value);
  if (!text) return failure(Fault::Invalid, "Fn::Sub cannot put ${{{}}} into text: it is a list or an object", name);
  return *text;
}

Result<Resolved> sub(const json::value& argument, const Names& names) {
  json::object own;
  json::value text = argument;
  if (argument.is_array()) {
    const auto parts = TRY(operands("Fn::Sub", argument, 2, 2));
    if (!parts[1].is_object()) return refused("Fn::Sub", "wants a map as its second operand");
    text = parts[0];
    own = parts[1].as_object();
  }
  if (!text.is_string()) return refused("Fn::Sub", "wants text");
  const auto pieces = TRY(pieces_of(text.as_string()));
  std::string out;
  for (const auto& piece : pieces) {
    if (!piece.is_name) {
      out += piece.text;
      continue;
    }
    const auto value = TRY(substitute(piece.text, own, names));
    out += value;
  }
  return given(json::value(out));
}

Result<Resolved> select(const json::value& argument, const Names& names) {
  const auto parts = TRY(operands("Fn::Select", argument, 2, 2));
  const auto index = TRY(text_of("Fn::Select", parts[0], names));
  auto members = TRY(list_of("Fn::Select", parts[1], names));
  size_t at = 0;
  const auto [end, code] = std::from_chars(index.data(), index.data() + index.size(), at);
  if (code != std::errc{} || end != index.data() + index.size()) return refused("Fn::Select", "wants a whole number as its index");
  if (at >= members.size())
    return failure(Fault::Invalid, "Fn::Select has index {} for a list of {}", at, members.size());
  return given(std::move(members[at]));
}

Result<Resolved> split_text(const json::value& argument, const Names& names) {
  const auto parts = TRY(operands("Fn::Split", argument, 2, 2));
  const auto separator = TRY(text_of("Fn::Split", parts[0], names));
  const auto text = TRY(text_of("Fn::Split", parts[1], names));
  if (separator.empty()) return refused("Fn::Split", "wants a separator");
  json::array out;
  size_t start = 0;
  while (true) {
    const auto end = text.find(separator, start);
    out.emplace_back(std::string_view(text).substr(start, end == std::string::npos ? end : end - start));
    if (end == std::string::npos) return given(std::move(out));
    start = end + separator.size();
  }
}

Result<Resolved> base64_of(const json::value& argument, const Names& names) {
  const auto text = TRY(text_of("Fn::Base64", argument, names));
  return given(json::value(base64(text)));
}

Result<Resolved> find_in_map(const json::value& argument, const Names& names) {
  const auto parts = TRY(operands("Fn::FindInMap", argument, 3, 3));
  std::vector<std::string> keys;
  for (const auto& part : parts) {
    const auto key = TRY(text_of("Fn::FindInMap", part, names));
    keys.push_back(key);
  }
  const json::object* level = names.mappings;
  const json::value* found = nullptr;
  for (const auto& key : keys) {
    found = level == nullptr ? nullptr : level->if_contains(key);
    if (found == nullptr) return failure(Fault::Invalid, "Fn::FindInMap finds no {} in the mapping {}", key, keys[0]);
    level = found->if_object();
  }
  return given(*found);
}

Result<Resolved> import_value(const json::value& argument, const Names& names) {
  const auto name = TRY(text_of("Fn::ImportValue", argument, names));
  if (!names.import) return refused("Fn::ImportValue", "has no meaning here");
  auto value = TRY(names.import(name));
  return given(std::move(value));
}

Result<Resolved> stack_output(const json::value& argument, const Names& names) {
  const auto* object = argument.if_object();
  if (object == nullptr || !names.stack_output) return refused("Fn::GetStackOutput", "wants StackName and OutputName");
  const json::value resolved = TRY(resolve_object(*object, names));
  Fields fields(resolved, "Fn::GetStackOutput");
  const auto stack = fields.string("StackName");
  const auto output = fields.string("OutputName");
  const auto region = fields.string_or("Region", "");
  TRY(fields.finish());
  const auto own = names.values.find("AWS::Region");
  if (!region.empty() && own != names.values.end() && own->second != json::value(region))
    return failure(Fault::Invalid, "Fn::GetStackOutput names region {}, and this target has one region only", region);
  auto value = TRY(names.stack_output(stack, output));
  return given(std::move(value));
}

Result<Resolved> zones(const json::value& argument, const Names& names) {
  auto region = TRY(text_of("Fn::GetAZs", argument, names));
  if (region.empty()) region = std::string(names.values.at("AWS::Region").as_string());
  return given(json::array{region + "a", region + "b", region + "c"});
}

Result<std::uint32_t> number_from(std::string_view function, const std::string& text, std::uint32_t most) {
  std::uint32_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size() || number > most)
    return failure(Fault::Invalid, "{} wants a number up to {}, not {}", function, most, text);
  return number;
}

Result<std::uint32_t> address_from(const std::string& text) {
  const auto parts = split(text, '.');
  if (parts.size() != 4) return failure(Fault::Invalid, "Fn::Cidr wants an IPv4 block, not {}", text);
  std::uint32_t address = 0;
  for (const auto& part : parts) {
    const auto octet = TRY(number_from("Fn::Cidr", part, 255));
    address = address << 8U | octet;
  }
  return address;
}

Result<Resolved> cidr(const json::value& argument, const Names& names) {
  const auto parts = TRY(operands("Fn::Cidr", argument, 2, 3));
  const auto block = TRY(text_of("Fn::Cidr", parts[0], names));
  const auto count_text = TRY(text_of("Fn::Cidr", parts[1], names));
  const auto bits_text = TRY(text_of("Fn::Cidr", parts.size() > 2 ? parts[2] : json::value("8"), names));
  const auto halves = split(block, '/');
  if (halves.size() != 2) return failure(Fault::Invalid, "Fn::Cidr wants an IPv4 block, not {}", block);
  const auto address = TRY(address_from(halves[0]));
  const auto prefix = TRY(number_from("Fn::Cidr", halves[1], 32));
  const auto count = TRY(number_from("Fn::Cidr", count_text, 256));
  const auto bits = TRY(number_from("Fn::Cidr", bits_text, 32));
  const auto room = std::uint64_t{1} << (32 - prefix);
  const auto size = std::uint64_t{1} << bits;
  if (count * size > room) return failure(Fault::Invalid, "Fn::Cidr cannot cut {} blocks of {} bits from {}", count, bits, block);
  json::array out;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::uint32_t>((address & ~static_cast<std::uint32_t>(room - 1)) + i * size);
    out.emplace_back(fmt::format("{}.{}.{}.{}/{}", at >> 24U, at >> 16U & 255U, at >> 8U & 255U, at & 255U, 32 - bits));
  }
  return given(std::move(out));
}

Result<Resolved> if_else(const json::value& argument, const Names& names) {
  const auto parts = TRY(operands("Fn::If", argument, 3, 3));
  if (!parts[0].is_string()) return refused("Fn::If", "wants the name of a condition first");
  const std::string name(parts[0].as_string());
  const auto found = names.conditions.find(name);
  if (found == names.conditions.end()) return failure(Fault::Invalid, "Fn::If names no condition of this template: {}", name);
  return resolve(parts[found->second ? 1 : 2], names);
}

Result<Resolved> equals(const json::value& argument, const Names& names) {
  const auto parts = TRY(operands("Fn::Equals", argument, 2, 2));
  const auto left = TRY(resolve(parts[0], names));
  const auto right = TRY(resolve(parts[1], names));
  if (!left || !right) return given(json::value(!left && !right));
  const auto a = scalar_text(*left);
  const auto b = scalar_text(*right);
  return given(json::value(a && b ? *a == *b : to_canonical_text(*left) == to_canonical_text(*right)));
}

enum class Connective { And, Or };
Result<Resolved> connect(const json::value& argument, const Names& names, Connective connective) {
  const bool all = connective == Connective::And;
  const auto parts = TRY(operands(all ? "Fn::And" : "Fn::Or", argument, 2, 10));
  bool value = all;
  for (const auto& part : parts) {
    const auto holds = TRY(is_true(part, names));
    value = all ? value && holds : value || holds;
  }
  return given(json::value(value));
}
Result<Resolved> and_all(const json::value& argument, const Names& names) { return connect(argument, names, Connective::And); }
Result<Resolved> or_any(const json::value& argument, const Names& names) { return connect(argument, names, Connective::Or); }

Result<Resolved> negate(const json::value& argument, const Names& names) {
  const auto parts = TRY(operands("Fn::Not", argument, 1, 1));
  const auto holds = TRY(is_true(parts[0], names));
  return given(json::value(!holds));
}

bool holds(const json::array& list, const json::value& wanted) {
  return std::ranges::any_of(list, [&](const auto& member) { return scalar_text(member) == scalar_text(wanted); });
}

Result<Resolved> contains(const json::value& argument, const Names& names) {
  const auto parts = TRY(operands("Fn::Contains", argument, 2, 2));
  const auto list = TRY(list_of("Fn::Contains", parts[0], names));
  const auto text = TRY(text_of("Fn::Contains", parts[1], names));
  return given(json::value(holds(list, json::value(text))));
}

Result<Resolved> each_equals(const json::value& argument, const Names& names) {
  const auto parts = TRY(operands("Fn::EachMemberEquals", argument, 2, 2));
  const auto list = TRY(list_of("Fn::EachMemberEquals", parts[0], names));
  const auto text = TRY(text_of("Fn::EachMemberEquals", parts[1], names));
  return given(json::value(std::ranges::all_of(list, [&](const auto& member) { return scalar_text(member) == text; })));
}

Result<Resolved> each_in(const json::value& argument, const Names& names) {
  const auto parts = TRY(operands("Fn::EachMemberIn", argument, 2, 2));
  const auto list = TRY(list_of("Fn::EachMemberIn", parts[0], names));
  const auto allowed = TRY(list_of("Fn::EachMemberIn", parts[1], names));
  return given(json::value(std::ranges::all_of(list, [&](const auto& member) { return holds(allowed, member); })));
}

using Function = Result<Resolved> (*)(const json::value&, const Names&);
constexpr std::pair<std::string_view, Function> functions[] = {
    {"Ref", ref}, {"Fn::GetAtt", get_att}, {"Fn::Join", join_texts}, {"Fn::Sub", sub}, {"Fn::Select", select},
    {"Fn::Split", split_text}, {"Fn::Base64", base64_of}, {"Fn::FindInMap", find_in_map}, {"Fn::Cidr", cidr},
    {"Fn::GetAZs", zones}, {"Fn::ImportValue", import_value}, {"Fn::GetStackOutput", stack_output}, {"Fn::If", if_else},
    {"Fn::Equals", equals}, {"Fn::And", and_all}, {"Fn::Or", or_any}, {"Fn::Not", negate}, {"Fn::Contains", contains},
    {"Fn::EachMemberEquals", each_equals}, {"Fn::EachMemberIn", each_in}};

constexpr std::array need_transform{"Fn::Length", "Fn::ToJsonString", "Fn::ForEach", "Fn::Transform"};
constexpr std::array need_account{"Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll"};

}  // namespace

Result<Resolved> call_intrinsic(const std::string& function, const json::value& argument, const Names& names) {
  for (const auto& [name, call] : functions)
    if (name == function) return call(argument, names);
  const auto base = function.substr(0, function.find("::", 4));  // Fn::ForEach::Name
  if (std::ranges::find(need_transform, base) != need_transform.end())
    return refused(base, "needs a Transform (AWS::LanguageExtensions or a macro), which is not run here");
  if (std::ranges::find(need_account, base) != need_account.end())
    return refused(base, "asks the account for values that this machine does not have");
  return refused(function, "is no intrinsic function known here");
}

Result<bool> is_true(const json::value& expression, const Names& names) {
  if (const auto* object = expression.if_object(); object != nullptr && object->size() == 1) {
    const auto* name = object->if_contains("Condition");
    if (name != nullptr && name->is_string()) {
      const auto found = names.conditions.find(std::string(name->as_string()));
      if (found == names.conditions.end()) return failure(Fault::Invalid, "no condition named {}", std::string_view(name->as_string()));
      return found->second;
    }
  }
  const auto value = TRY(resolve(expression, names));
  const auto text = value ? scalar_text(*value) : std::nullopt;
  if (text == "true") return true;
  if (text == "false") return false;
  return failure(Fault::Invalid, "a condition is neither true nor false: {}", to_text(expression));
}

std::set<std::string> substituted_names(const json::value& argument) {
  const auto* array = argument.if_array();
  const json::value& text = array != nullptr && !array->empty() ? array->front() : argument;
  if (!text.is_string()) return {};
  const auto* own = array != nullptr && array->size() > 1 ? (*array)[1].if_object() : nullptr;
  const auto pieces = pieces_of(text.as_string());
  std::set<std::string> found;
  if (!pieces) return found;
  for (const auto& piece : *pieces)
    if (piece.is_name && (own == nullptr || !own->contains(piece.text))) found.insert(split(piece.text, '.').front());
  return found;
}

}  // namespace tandem::deploy::local
