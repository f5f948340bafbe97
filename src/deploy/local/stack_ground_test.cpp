#include "deploy/local/stack_ground_test.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "base/text.hpp"

namespace tandem::deploy::local {

Result<std::optional<TableShape>> FakeTables::find(const std::string& table) {
  const auto found = tables.find(table);
  return found == tables.end() ? std::optional<TableShape>{} : std::optional(found->second);
}

Done FakeTables::create(const TableShape& shape) {
  if (refuses_creation) return failure(Fault::Unavailable, "the table engine has no room");
  if (!tables.emplace(shape.name, shape).second) return failure(Fault::Conflict, "{} exists", shape.name);
  tables[shape.name].expiry.clear();  // as on AWS: expiry is set by a call of its own
  return done();
}

Done FakeTables::add_index(const std::string& table, const IndexShape& index, const std::map<std::string, std::string>& types) {
  auto& shape = tables.at(table);
  shape.indexes.push_back(index);
  std::ranges::sort(shape.indexes, {}, &IndexShape::name);
  for (const auto& part : index.keys) shape.attributes[part.attribute] = types.at(part.attribute);
  return done();
}

Done FakeTables::remove_index(const std::string& table, const std::string& index) {
  auto& shape = tables.at(table);
  std::erase_if(shape.indexes, [&](const IndexShape& each) { return each.name == index; });
  auto used = shape.keys;
  for (const auto& list : {shape.indexes, shape.local_indexes})
    for (const auto& each : list) used.insert(used.end(), each.keys.begin(), each.keys.end());
  std::erase_if(shape.attributes, [&](const auto& each) { return std::ranges::find(used, each.first, &KeyPart::attribute) == used.end(); });
  return done();
}

Done FakeTables::set_expiry(const std::string& table, const std::string& attribute) {
  tables.at(table).expiry = attribute;
  return done();
}

Done FakeTables::remove(const std::string& table) {
  if (refuses_removal) return failure(Fault::Unavailable, "the table engine does not answer");
  tables.erase(table);
  return done();
}

namespace {
Addresses addresses_of(const std::string& view, const Scene& scene) {
  Addresses out;
  for (const auto& api : scene.apis) out.apis[api.id] = "http://127.0.0.1/" + view;
  for (const auto& site : scene.sites) out.sites[site.id] = "http://127.0.0.1/site-" + view;
  return out;
}
}  // namespace

Result<Addresses> FakeServing::show(const std::string& view, const Scene& scene) {
  if (refuses_to_show) return failure(Fault::Unavailable, "no port is free");
  views[view] = scene;
  return addresses_of(view, scene);
}

Result<Addresses> FakeServing::become(const std::string& from, const std::string& to, const Scene& scene) {
  if (refuses_to_become) return failure(Fault::Unavailable, "the switch is stuck");
  if (!views.contains(from)) return failure(Fault::Missing, "nothing is shown as {}", from);
  views.erase(from);
  return show(to, scene);
}

Result<Addresses> FakeServing::addresses(const std::string& view) const {
  const auto scene = TRY(showing(view));
  return addresses_of(view, scene);
}

Result<Invocation> FakeServing::invoke(const std::string& view, const std::string& function, const std::string& qualifier,
                                       const std::string&, InvokeMode) {
  return Invocation{200, view + " " + function + " " + qualifier};
}

Result<Scene> FakeServing::showing(const std::string& view) const {
  const auto found = views.find(view);
  if (found == views.end()) return failure(Fault::Missing, "nothing is shown as {}", view);
  return found->second;
}

void StackGround::SetUp() {
  folder = std::make_unique<TemporaryFolder>(*TemporaryFolder::make("stack"));
  options.folder = folder->path() / "state";
  target = open();
}

std::unique_ptr<Target> StackGround::open() {
  auto opened = open_local_target(options, tables, serving, clock);
  EXPECT_TRUE(opened) << (opened ? "" : text(opened.error()));
  return std::move(*opened);
}

std::vector<std::string> StackGround::reopen() {
  target.reset();
  serving.views.clear();
  target = open();
  auto lines = target->recover();
  EXPECT_TRUE(lines) << (lines ? "" : text(lines.error()));
  return std::move(lines).value_or({});
}

PrepareRequest StackGround::assembly(const std::string& deployment, const std::vector<TestStack>& stacks,
                                     const std::map<std::string, std::map<std::string, std::string>>& assets) {
  const auto root = folder->path() / ("cdk.out-" + sha256_hex(deployment).substr(0, 8));
  EXPECT_TRUE(tandem::remove_all(root));
  json::object artifacts;
  json::object files;
  for (const auto& [name, content] : assets) {
    for (const auto& [file, bytes] : content) EXPECT_TRUE(write_file(root / ("asset." + name) / file, bytes));
    files[name] = json::object{{"source", {{"path", "asset." + name}, {"packaging", "zip"}}},
                               {"destinations", {{"here", {{"bucketName", "assets"}, {"objectKey", name + ".zip"}}}}}};
  }
  EXPECT_TRUE(write_file(root / "all.assets.json", to_text(json::object{{"version", "1"}, {"files", files}, {"dockerImages", json::object{}}})));
  artifacts["all.assets"] = json::object{{"type", "cdk:asset-manifest"}, {"properties", {{"file", "all.assets.json"}}}};
  for (const auto& stack : stacks) {
    EXPECT_TRUE(write_file(root / (stack.name + ".template.json"), stack.body));
    artifacts[stack.name] = json::object{{"type", "aws:cloudformation:stack"}, {"environment", "aws://unknown-account/unknown-region"},
                                         {"properties", {{"templateFile", stack.name + ".template.json"}}},
                                         {"dependencies", json_of(stack.after)}};
  }
  EXPECT_TRUE(write_file(root / "manifest.json", to_text(json::object{{"version", "55.0.0"}, {"artifacts", artifacts}})));
  PrepareRequest request;
  request.deployment = {deployment};
  request.release = {"rel-" + deployment};
  request.assembly.folder = root.string();
  return request;
}

PrepareRequest StackGround::registry(const std::string& deployment, const std::string& code) {
  return assembly(deployment, registry_stacks(code), {{code, {{"index.py", "# " + code}}}, {"site", {{"index.html", "<h1>registry</h1>"}}}});
}

Deployment StackGround::prepared(const PrepareRequest& request) {
  auto candidate = target->prepare(request, ignore, {});
  EXPECT_TRUE(candidate) << (candidate ? "" : text(candidate.error()));
  return std::move(candidate).value_or({});
}

Deployment StackGround::deployed(const PrepareRequest& request) {
  prepared(request);
  auto live = target->promote(request.deployment, ignore);
  EXPECT_TRUE(live) << (live ? "" : text(live.error()));
  return std::move(live).value_or({});
}

std::vector<std::string> StackGround::statuses(const std::string& stack) {
  std::vector<std::string> found;
  const auto events = target->events(stack, 1000);
  for (const auto& event : *events)
    if (event.type == "AWS::CloudFormation::Stack") found.push_back(event.status);
  return found;
}

std::string StackGround::everything() {
  std::string all = to_text(*target->stacks());
  const auto events = target->events("", 1000);
  for (const auto& event : *events) all += to_text(to_json(event));
  const auto live = target->live();
  if (*live) all += to_text(to_json(**live));
  return all;
}

}  // namespace tandem::deploy::local
