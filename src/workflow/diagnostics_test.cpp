// One minimal definition per code, with the exact line and column.

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "workflow/parse.hpp"

namespace tandem::workflow {
namespace {

struct Case {
  const char* name;
  const char* text;
  const char* said;    ///< line:column: code what
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

/// The errors and warnings, and the notes only where there is nothing else, a line each.
std::string said(const Parsed& parsed) {
  std::string out;
  for (const auto least : {Severity::Warning, Severity::Note}) {
    for (const auto& d : parsed.diagnostics)
      if (d.severity <= least) out += fmt::format("{}:{}: {} {}\n", d.place.line, d.place.column, d.code, d.what);
    if (!out.empty()) break;
  }
  if (!out.empty()) out.pop_back();
  return out;
}

using Position = std::pair<int, int>;   ///< line, column

/// Whether `place` is at what `path` leads to: after its beginning, and before that of what follows it. Nothing when it leads nowhere.
std::optional<bool> leads_to(const yaml::Node& root, std::string_view path, Position place) {
  const auto* node = &root;
  Position from{0, 0};
  Position to{1'000'000, 0};
  while (!path.empty()) {
    const bool in_list = path.starts_with('[');
    const auto end = std::min(in_list ? path.find(']') + 1 : path.find_first_of(".["), path.size());
    const auto part = path.substr(0, end);
    path.remove_prefix(end);
    if (path.starts_with('.')) path.remove_prefix(1);
    const size_t count = in_list ? node->items.size() : node->entries.size();
    const auto position = [&](size_t i) { return in_list ? Position{node->items[i].line, node->items[i].column} : Position{node->entries[i].line, node->entries[i].column}; };
    size_t i = 0;
    while (i < count && part != (in_list ? fmt::format("[{}]", i) : node->entries[i].key)) ++i;
    if (i == count) return std::nullopt;
    from = position(i);
    if (i + 1 < count) to = position(i + 1);
    node = in_list ? &node->items[i] : &node->entries[i].value;
  }
  return from <= place && place < to;
}

class Saying : public testing::TestWithParam<Case> {};

TEST_P(Saying, LeadsToItsPlace) {
  const auto document = yaml::read(GetParam().text);
  if (!document.readable) return;
  for (const auto& said : parse_workflow(GetParam().text, "w.yml", {{"dev", "prod"}, {"TOKEN"}, {"api", "infrastructure"}}).diagnostics) {
    if (said.code == "W301" || said.code == "E116") continue;   // behind the document; a key that is not there
    EXPECT_EQ(leads_to(document.root, said.path, {said.place.line, said.place.column}), true) << said.code << " " << said.path << " " << said.place.line << ":" << said.place.column;
  }
}

TEST_P(Saying, StandsAtItsLineAndColumn) {
  const auto parsed = parse_workflow(GetParam().text, "w.yml", {{"dev", "prod"}, {"TOKEN"}, {"api", "infrastructure"}});
  EXPECT_EQ(said(parsed), GetParam().said);
}

std::string name_of(const testing::TestParamInfo<Case>& info) { return info.param.name; }

#define HEAD "Name: w\nSchemaVersion: \"1.0\"\n"
#define STEPS "    Inputs: {Sources: [WorkflowSource]}\n    Configuration: {Steps: [{Run: a}]}\n"
#define ACTIONS "Actions:\n  A:\n    Identifier: aws/build@v1\n" STEPS

INSTANTIATE_TEST_SUITE_P(File, Saying, testing::Values(
    Case{"E100_empty", "", "1:1: E100 the file holds nothing; a workflow is a map that starts with Name, SchemaVersion, Actions"},
    Case{"E100_list", "- a\n", "1:1: E100 the file holds a list; a workflow is a map that starts with Name, SchemaVersion, Actions"},
    Case{"E101", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Configuration:\n      Steps:\n        - Run: |\n            cat <<EOF > x\n{}\nEOF\n",
         "10:1: E101 the text block that starts at line 8 (Actions.A.Configuration.Steps[0].Run) was cut short here, because this line is not indented"},
    Case{"E102", HEAD "Triggers:\n  - Type: PUSH\n    Branches:\n      - *\n" ACTIONS, "6:9: E102 not valid YAML: a plain * starts a YAML alias"},
    Case{"E102_negation", HEAD "Triggers:\n  - Type: PUSH\n    Branches:\n      - !main\n" ACTIONS, "6:9: E102 not valid YAML: a plain ! starts a YAML tag"},
    Case{"E103", "name: x\non: push\njobs: {}\n", "3:1: E103 this looks like a GitHub Actions file: it has jobs: and no Actions:"},
    Case{"E103_gitlab", "stages: [a]\n", "1:1: E103 this looks like a GitLab CI file: it has stages: and no Actions:"},
    Case{"E104", HEAD ACTIONS "Name: x\n", "8:1: E104 Name is given twice (first at line 1)"},
    Case{"E105", HEAD "a: &a {b: *a}\n" ACTIONS, "3:11: E105 this alias stands inside the value it names"},
    Case{"W301", HEAD ACTIONS "---\nx: [\n", "8:1: W301 everything from here on is ignored: a file holds one workflow"}), name_of);

INSTANTIATE_TEST_SUITE_P(Top, Saying, testing::Values(
    Case{"E110", HEAD "Trigers: []\n" ACTIONS, "3:1: E110 Trigers is not a property of a workflow; did you mean Triggers?"},
    Case{"E112_name", "SchemaVersion: \"1.0\"\n" ACTIONS, "1:1: E112 Name is required for a workflow"},
    Case{"E112_schema", "Name: w\n" ACTIONS, "1:1: E112 SchemaVersion is required for a workflow"},
    Case{"E113_triggers", HEAD "Triggers: PUSH\n" ACTIONS, "3:11: E113 Triggers must be a list, not \"PUSH\""},
    Case{"E114", "Name: a b\nSchemaVersion: 1.0\n" ACTIONS, "1:7: E114 \"a b\" may use only letters, digits, - and _"},
    Case{"E114_action", HEAD "Actions:\n  Checkout Code:\n    Identifier: aws/build@v1\n" STEPS, "4:3: E114 \"Checkout Code\" may use only letters, digits, - and _"},
    Case{"E115", "Name: w\nSchemaVersion: 2\n" ACTIONS, "2:16: E115 SchemaVersion must be \"1.0\", not 2"},
    Case{"N206_schema", "Name: w\nSchemaVersion: 1\n" ACTIONS, "2:16: N206 1 is taken for 1.0"},
    Case{"E116", HEAD, "1:1: E116 a workflow needs at least one action"},
    Case{"E116_null", HEAD "Actions:\n", "3:1: E116 a workflow needs at least one action"},
    Case{"E127", HEAD "RunMode: QUEUE\n" ACTIONS, "3:10: E127 QUEUE is not a run mode; did you mean QUEUED?"},
    Case{"N201_mode", HEAD "RunMode: Parallel\n" ACTIONS, "3:10: N201 Parallel is written PARALLEL"},
    Case{"W310", HEAD "Triggers:\n  - Type: PUSH\n    Branches: ['${A.X}']\n" ACTIONS,
         "5:17: W310 ${A.X} is taken literally here"}), name_of);

INSTANTIATE_TEST_SUITE_P(Trigger, Saying, testing::Values(
    Case{"E112_type", HEAD "Triggers:\n  - Branches: [main]\n" ACTIONS, "4:5: E112 Type is required for a trigger"},
    Case{"E113", HEAD "Triggers: [PUSH]\n" ACTIONS, "3:12: E113 a trigger must be a map, not \"PUSH\""},
    Case{"N201", HEAD "Triggers:\n  - Type: Push\n" ACTIONS, "4:11: N201 Push is written PUSH"},
    Case{"N202", HEAD "Triggers:\n  - Type: MANUAL\n" ACTIONS, "4:11: N202 MANUAL starts nothing by itself: every workflow can be started by hand"},
    Case{"E120", HEAD "Triggers:\n  - Type: WEBHOOK\n" ACTIONS,
         "4:11: E120 WEBHOOK is not a trigger type; use PUSH, PULLREQUEST or SCHEDULE, or leave Triggers out to start by hand"},
    Case{"E121", HEAD "Triggers:\n  - Type: PULLREQUEST\n" ACTIONS, "4:5: E121 a PULLREQUEST trigger needs Events"},
    Case{"E121_empty", HEAD "Triggers:\n  - Type: PULLREQUEST\n    Events: []\n" ACTIONS, "5:5: E121 a PULLREQUEST trigger needs Events"},
    Case{"N204_merged", HEAD "Triggers:\n  - Type: PULLREQUEST\n    Events: [MERGED]\n" ACTIONS, "5:14: N204 MERGED is not documented by the service; it works here"},
    Case{"E122", HEAD "Triggers:\n  - Type: PULLREQUEST\n    Events: [PULLREQUEST_CREATED]\n" ACTIONS,
         "5:14: E122 PULLREQUEST_CREATED is not an event; did you mean OPEN?"},
    Case{"E123_events", HEAD "Triggers:\n  - Type: PUSH\n    Events: [OPEN]\n" ACTIONS, "5:5: E123 Events belongs to PULLREQUEST triggers"},
    Case{"E123_expression", HEAD "Triggers:\n  - Type: PUSH\n    Expression: 0 0 * * ? *\n" ACTIONS, "5:5: E123 Expression belongs to SCHEDULE triggers"},
    Case{"E123_files", HEAD "Triggers:\n  - Type: SCHEDULE\n    Expression: 0 0 * * ? *\n    FilesChanged: [a]\n" ACTIONS,
         "6:5: E123 FilesChanged belongs to PUSH and PULLREQUEST triggers"},
    Case{"E124_field", HEAD "Triggers:\n  - Type: SCHEDULE\n    Expression: 0 0 ? * MOON *\n" ACTIONS, "5:17: E124 field day-of-week: \"MOON\" is not a number"},
    Case{"E124_question", HEAD "Triggers:\n  - Type: SCHEDULE\n    Expression: 0 0 * * * *\n" ACTIONS,
         "5:17: E124 write ? in exactly one of day-of-month and day-of-week"},
    Case{"E124_often", HEAD "Triggers:\n  - Type: SCHEDULE\n    Expression: 0/5 * * * ? *\n" ACTIONS, "5:17: E124 runs every 5 minutes; the minimum is 30"},
    Case{"E125", HEAD "Triggers:\n  - Type: PUSH\n    Branches:\n      - feature/**\n" ACTIONS,
         "6:9: E125 \"feature/**\" is not a valid pattern: branch patterns are regular expressions (bad repetition operator: **)"},
    Case{"E126", HEAD "Triggers:\n  - Type: SCHEDULE\n    Expression: 0 0 * * ? *\n  - Type: SCHEDULE\n    Expression: 0 1 * * ? *\n" ACTIONS,
         "6:5: E126 only one SCHEDULE trigger per workflow"},
    Case{"W302", HEAD "Triggers:\n  - Type: PUSH\n    Branches:\n      - feature/*\n" ACTIONS,
         "6:9: W302 \"feature/*\" looks like a glob, but patterns are regular expressions"},
    Case{"W302_negation", HEAD "Triggers:\n  - Type: PUSH\n    Branches: [\"!main\"]\n" ACTIONS,
         "5:16: W302 \"!main\" matches only a name that starts with !: there is no negation"}), name_of);

INSTANTIATE_TEST_SUITE_P(Entry, Saying, testing::Values(
    Case{"E110_configuration", HEAD ACTIONS "    Tiemout: 5\n", "8:5: E110 Tiemout is not a property of an action; did you mean Timeout?"},
    Case{"E110_level", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration: {Steps: []}\n    Steps: []\n",
         "8:5: E110 Steps is not a property of an action"},
    Case{"E114_reserved", HEAD "Actions:\n  Secrets:\n    Identifier: aws/build@v1\n" STEPS, "4:3: E114 Secrets names something else in references"},
    Case{"N204_inputs", HEAD "Actions:\n  A:\n    Identifier: tandem/rollback@v1\n    Environment: {Name: dev}\n    Configuration: {To: '${Inputs.release}'}\n",
         "4:3: N207 CodeCatalyst cannot run this workflow: it uses tandem/rollback@v1\n7:26: N204 ${Inputs.release} is given by whoever starts the run; the service does not know it"},
    Case{"E110_gate", HEAD ACTIONS "  G:\n    Identifier: aws/approval@v1\n    DependsOn: [A]\n    Timeout: 5\n", "11:5: E110 Timeout does not apply to a gate"},
    Case{"E111", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration:\n      Commands: [a]\n",
         "8:7: E111 Commands is not a property of aws/build"},
    Case{"E112_steps", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n", "4:3: E112 Steps is required for aws/build"},
    Case{"E112_stack", HEAD "Actions:\n  D:\n    Identifier: aws/cdk-deploy@v2\n    Environment: {Name: dev}\n    Configuration: {Region: x}\n",
         "7:5: E112 StackName is required for aws/cdk-deploy"},
    Case{"E113", HEAD ACTIONS "    Timeout: 1h\n", "8:14: E113 Timeout must be a whole number of minutes, not \"1h\""},
    Case{"E113_json", HEAD "Actions:\n  D:\n    Identifier: aws/cdk-deploy@v2\n    Environment: {Name: dev}\n    Configuration:\n      StackName: s\n      Context: '{a'\n",
         "9:16: E113 Context must be JSON: not valid JSON: syntax error"},
    Case{"E113_step", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration:\n      Steps:\n        - npm ci\n",
         "9:11: E113 a step must be a map with Run:, not \"npm ci\""},
    Case{"E113_approvals", HEAD ACTIONS "  G:\n    Identifier: aws/approval@v1\n    DependsOn: [A]\n    Configuration: {ApprovalsRequired: 3}\n",
         "11:40: E113 ApprovalsRequired must be a whole number from 1 to 2, not \"3\""},
    Case{"E113_word", HEAD "Actions:\n  P:\n    Identifier: tandem/promote@v1\n    Environment: {Name: dev}\n    Configuration: {Strategy: slowly}\n",
         "7:31: E113 Strategy must be one of all-at-once, canary, linear, not \"slowly\""},
    Case{"E130", HEAD "Actions:\n  Deploy: {}\n", "4:3: E130 Deploy has neither Identifier (an action) nor Actions (a group)"},
    Case{"E131", HEAD "Actions:\n  A:\n    Identifier: aws/github-actions-runner@v1\n    Configuration:\n      Steps:\n        - uses: actions/checkout@v4\n",
         "4:3: W307 A has no input: it starts in an empty folder\n5:17: E131 aws/github-actions-runner@v1 is not available on this runner, and its step 1 (line 8) uses: actions/checkout@v4, which needs GitHub's runner"},
    Case{"E132", HEAD "Actions:\n  A:\n    Identifier: aws/build@v7\n" STEPS, "5:17: E132 aws/build@v7: known versions are v1"},
    Case{"W317", HEAD "Actions:\n  A:\n    Identifier: aws/build\n" STEPS, "5:17: W317 aws/build has no version; v1 is taken"},
    Case{"E131_own", HEAD "Actions:\n  A:\n    Identifier: .\n", "5:17: E131 an action of this repository (.) is not available on this runner"},
    Case{"E131_github_step", HEAD "Actions:\n  A:\n    Identifier: aws/github-actions-runner@v1\n    Configuration:\n      Steps:\n        - run: a\n        - name: Lint\n          uses: b/c@v1\n",
         "4:3: W307 A has no input: it starts in an empty folder\n5:17: E131 aws/github-actions-runner@v1 is not available on this runner, and its step 2 \"Lint\" (line 10) uses: b/c@v1, which needs GitHub's runner"},
    Case{"E113_payloads", HEAD "Actions:\n  A:\n    Identifier: aws/lambda-invoke@v1\n    Environment: {Name: dev}\n    Configuration: {Function: f, AWSRegion: r, RequestPayload: '{}', RequestPayloadFile: p.json}\n",
         "7:70: E113 give RequestPayload or RequestPayloadFile, not both"},
    Case{"E113_alarms", HEAD "Actions:\n  A:\n    Identifier: aws/cfn-deploy@v1\n    Environment: {Name: dev}\n    Configuration: {name: n, region: r, template: t, monitor-alarm-arns: 'a,b,c,d,e,f'}\n",
         "7:74: E113 6 entries in monitor-alarm-arns; the limit is 5"},
    Case{"E110_required", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration: {Stpes: []}\n",
         "7:21: E110 Stpes is not a property of Configuration; did you mean Steps?"},
    Case{"N205_key", HEAD "Actions:\n  A:\n    Identifier: aws/cdk-bootstrap@v1\n    Environment: {Name: dev}\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration: {Region: r}\n",
         "8:21: N205 Region is ignored: the environment has its region"},
    Case{"W318", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration: {Steps: [{Run: 'a $CODECATALYST_COMMITID'}]}\n",
         "7:39: W318 $CODECATALYST_COMMITID is set by nobody: it is empty; did you mean $CODECATALYST_COMMIT_ID?"},
    Case{"N204_variable", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration: {Steps: [{Run: 'a $CODECATALYST_COMMIT_ID'}]}\n",
         "7:39: N204 $CODECATALYST_COMMIT_ID is not documented by the service; it is set here"},
    Case{"E133", HEAD "Actions:\n  G:\n    Actions:\n      H:\n        Actions: {}\n", "6:7: E133 groups cannot contain groups"},
    Case{"W303", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration:\n      Steps:\n        - Name: x\n          Run: a\n",
         "9:11: W303 Name in a step is ignored"},
    Case{"W307", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Configuration: {Steps: []}\n", "4:3: W307 A has no input: it starts in an empty folder"},
    Case{"E164", HEAD "Actions:\n  A:\n    Identifier: tandem/start-workflow@v1\n    Configuration: {Repository: infrastructur, Workflow: w}\n",
         "6:33: E164 the repository infrastructur is not in tandem.yaml; did you mean infrastructure?"},
    Case{"N205_packages", HEAD ACTIONS "    Packages: {}\n", "8:5: N205 Packages is ignored: the package registries of the service are not here"},
    Case{"N206_cfn", HEAD "Actions:\n  A:\n    Identifier: aws/cfn-deploy@v1\n    Environment: {Name: dev}\n    Configuration:\n      Parameters: {name: a, region: b, template: c}\n",
         "8:7: N206 Parameters is the old form\n8:29: N205 region is ignored: the environment has its region"}), name_of);

#define B "  B:\n    Identifier: aws/build@v1\n" STEPS
#define GROUP "  G:\n    Actions:\n      C:\n        Identifier: aws/build@v1\n        Inputs: {Sources: [WorkflowSource]}\n        Configuration: {Steps: []}\n"

INSTANTIATE_TEST_SUITE_P(Order, Saying, testing::Values(
    Case{"E114_twice", HEAD ACTIONS "  G:\n    Actions:\n      A:\n        Identifier: aws/build@v1\n        Inputs: {Sources: [WorkflowSource]}\n        Configuration: {Steps: []}\n",
         "10:7: E114 A names two actions (first at line 4)"},
    Case{"E140", HEAD "Actions:\n  Build:\n    Identifier: aws/build@v1\n" STEPS "  C:\n    Identifier: aws/build@v1\n    DependsOn: [Biuld, Lint]\n" STEPS,
         "10:17: E140 DependsOn names Biuld, which does not exist; did you mean Build?\n10:24: E140 DependsOn names Lint, which does not exist"},
    Case{"E141", HEAD ACTIONS "    DependsOn: [B]\n" B "    DependsOn: [A]\n", "8:17: E141 circular dependency: A → B → A"},
    Case{"E141_self", HEAD ACTIONS "    DependsOn: [A]\n", "8:17: E141 circular dependency: A → A"},
    Case{"E141_artifact", HEAD ACTIONS "    Outputs: {Artifacts: [{Name: x, Files: [a]}]}\n    DependsOn: [B]\n  B:\n    Identifier: aws/build@v1\n    Inputs: {Artifacts: [x]}\n    Configuration: {Steps: []}\n",
         "9:17: E141 circular dependency: A → B → A (artifact x)"},
    Case{"E142", HEAD ACTIONS "  G:\n    Identifier: aws/approval@v1\n", "8:3: E142 A could run beside the gate: a gate must run before or after other actions"},
    Case{"E142_alone", HEAD "Actions:\n  G:\n    Identifier: aws/approval@v1\n", "4:3: E142 a gate must run before or after other actions"},
    Case{"E151", HEAD ACTIONS "    Outputs: {Artifacts: [{Name: backend, Files: [a]}]}\n  B:\n    Identifier: aws/build@v1\n    Inputs: {Artifacts: [backand]}\n    Configuration: {Steps: []}\n",
         "11:26: E151 no action outputs the artifact backand; did you mean backend?"},
    Case{"E152", HEAD ACTIONS "    Outputs: {Artifacts: [{Name: x, Files: [a]}]}\n" B "    Outputs: {Artifacts: [{Name: x, Files: [a]}]}\n",
         "13:34: E152 the artifact x is output by A and B"},
    Case{"W304_member", HEAD ACTIONS "    DependsOn: [C]\n" GROUP, "8:17: W304 C stands on another level; it is waited for all the same"},
    Case{"W304_outside", HEAD ACTIONS GROUP "        DependsOn: [A]\n", "14:21: W304 A stands on another level; it is waited for all the same"},
    Case{"N203", HEAD ACTIONS "    Outputs: {Artifacts: [{Name: x, Files: [a]}]}\n  B:\n    Identifier: aws/build@v1\n    Inputs: {Artifacts: [x]}\n    Configuration: {Steps: []}\n",
         "11:26: N203 B runs after A only because of the artifact x"},
    Case{"N206_list", HEAD ACTIONS B "    DependsOn: A\n", "12:16: N206 DependsOn is one text where a list belongs"},
    Case{"E190", HEAD "Compute: {SharedInstance: TRUE}\n" ACTIONS B, "9:3: E190 SharedInstance needs one chain of actions; A and B could run at the same time"},
    Case{"E191", HEAD "Compute: {SharedInstance: true}\n" ACTIONS "    Outputs: {Artifacts: [{Name: x, Files: [a]}]}\n  B:\n    Identifier: aws/build@v1\n    Inputs: {Artifacts: [x]}\n    Configuration: {Steps: []}\n",
         "12:26: E191 input artifacts are not allowed with SharedInstance"}), name_of);

#define CDK "Actions:\n  D:\n    Identifier: aws/cdk-deploy@v2\n    Configuration: {StackName: s}\n"

INSTANTIATE_TEST_SUITE_P(Inputs, Saying, testing::Values(
    Case{"E150", HEAD ACTIONS "    Outputs: {Artifacts: [{Name: x, Files: [a]}]}\n  D:\n    Identifier: aws/cdk-deploy@v2\n    DependsOn: [A]\n    Environment: {Name: dev}\n    Configuration: {StackName: s}\n    Inputs: {Sources: [WorkflowSource], Artifacts: [x]}\n",
         "14:13: E150 aws/cdk-deploy takes one input: a source or an artifact, not both"},
    Case{"E153", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [MyRepo, WorkflowSource]}\n    Configuration: {Steps: []}\n",
         "6:24: E153 MyRepo is not a source; the only label is WorkflowSource"},
    Case{"E162", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs:\n      Sources: [WorkflowSource]\n      Variables:\n        - {Name: a b, Value: x}\n        - {Name: X, Value: x}\n        - {Name: X, Value: y}\n    Configuration: {Steps: []}\n",
         "9:18: E162 \"a b\" is no variable name\n11:18: E162 the variable X is given twice"},
    Case{"E162_output", HEAD ACTIONS "    Outputs: {Variables: [X, X]}\n", "8:30: E162 the variable X is listed twice"},
    Case{"W305", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs:\n      Sources: [WorkflowSource]\n      Variables: [{Name: X}]\n    Configuration: {Steps: []}\n",
         "8:26: W305 the variable X has no Value; it is empty"},
    Case{"W306", HEAD ACTIONS "    Outputs: {Artifacts: [{Name: a-b, Files: [a]}]}\n", "8:34: W306 the artifact name a-b holds a hyphen, which its environment variable cannot"},
    Case{"W308_home", HEAD ACTIONS "    Outputs: {Artifacts: [{Name: a, Files: [/root/.local/**/*]}]}\n", "8:45: W308 /root/.local/**/* is an absolute path; it is stored as root/.local/**/*"},
    Case{"W308", HEAD ACTIONS "    Outputs: {Artifacts: [{Name: a, Files: [/usr/local/bin/just]}]}\n", "8:45: W308 /usr/local/bin/just is an absolute path; it is stored as just"},
    Case{"W310_identifier", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration: {Steps: []}\n    Outputs:\n      Artifacts: [{Name: a, Files: ['${WorkflowSource.CommitId}.zip']}]\n",
         "9:38: W310 ${WorkflowSource.CommitId} is taken literally here"},
    Case{"E160", HEAD ACTIONS "    Outputs: {Variables: [TAG]}\n  B:\n    Identifier: aws/build@v1\n    DependsOn: [A]\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration:\n      Steps:\n        - Run: |\n            set -e\n            echo ${Aa.TAG}\n",
         "17:18: E160 ${Aa.TAG}: there is no action Aa"},
    Case{"E161", HEAD ACTIONS "  B:\n    Identifier: aws/build@v1\n    DependsOn: [A]\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration: {Steps: [{Run: 'echo ${A.TAG}'}]}\n",
         "12:41: E161 ${A.TAG}: A does not list TAG under Outputs.Variables"},
    Case{"E163", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration: {Steps: [{Run: 'a ${Secrets.API_KEY}'}]}\n",
         "7:38: E163 the secret API_KEY does not exist in this project"},
    Case{"W312", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration:\n      Steps:\n        - Run: |\n            a \"${Secrets.TOKEN}\"\n            b '${Secrets.TOKEN}'\n",
         "11:16: W312 ${Secrets.TOKEN} stands in single quotes, where the shell does not put in its value"},
    Case{"N204", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration: {Steps: [{Run: 'a ${WorkflowSource.CommitMessage}'}]}\n",
         "7:38: N204 ${WorkflowSource.CommitMessage} is not documented by the service; it works here"}), name_of);

INSTANTIATE_TEST_SUITE_P(Elsewhere, Saying, testing::Values(
    Case{"E170_list", HEAD ACTIONS "    Outputs: {Reports: [a]}\n", "8:24: E170 Reports is a map of name → Format and IncludePaths"},
    Case{"E170_format", HEAD ACTIONS "    Outputs: {Reports: {R: {Format: JUNIT, IncludePaths: [a]}}}\n", "8:37: E170 JUNIT is not a report format; did you mean JUNITXML?"},
    Case{"E170_rate", HEAD ACTIONS "    Outputs: {Reports: {R: {Format: LCOV, IncludePaths: [a], SuccessCriteria: {PassRate: 101}}}}\n", "8:90: E170 PassRate must be 0 to 100"},
    Case{"E170_lacks", HEAD ACTIONS "    Outputs: {Reports: {R: {Format: LCOV}}}\n", "8:25: E170 the report R lacks IncludePaths"},
    Case{"N205_criterion", HEAD ACTIONS "    Outputs: {Reports: {R: {Format: LCOV, IncludePaths: [a], SuccessCriteria: {PassRate: 90}}}}\n", "8:80: N205 PassRate is not judged on LCOV reports"},
    Case{"E180_missing", HEAD CDK, "4:3: E180 aws/cdk-deploy needs an Environment"},
    Case{"E180_name", HEAD CDK "    Environment: {}\n", "7:5: E180 Environment has no Name"},
    Case{"E181", HEAD CDK "    Environment: {Name: produ}\n", "7:25: E181 the environment produ is not in tandem.yaml; did you mean prod?"},
    Case{"E181_of_steps", HEAD ACTIONS "    Environment: {Name: produ}\n", "8:25: E181 the environment produ is not in tandem.yaml; did you mean prod?"},
    Case{"E182", HEAD ACTIONS "    Compute: {Type: EC2, Fleet: Windows.x86-64.Large}\n", "8:33: E182 Windows.x86-64.Large: there is no such machine here"},
    Case{"E183", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration: {Steps: [], Container: {Registry: DockerHub, Image: node}}\n",
         "7:72: E183 the image node cannot be run here: there is no container engine"},
    Case{"E183_registry", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration: {Steps: [], Container: {Registry: DockerHbu, Image: node}}\n",
         "7:54: E113 DockerHbu is not a registry; did you mean DockerHub?"},
    Case{"E180_connection", HEAD CDK "    Environment: {Name: dev, Connections: [{Name: x, Role: a b}]}\n",
         "7:51: E180 \"x\" is no name of a connection\n7:60: E180 \"a b\" is no name of a role"},
    Case{"E180_connections", HEAD CDK "    Environment: {Name: dev, Connections: [{Name: one}, {Name: two}]}\n", "7:57: E113 an environment takes one connection"},
    Case{"E170_severity", HEAD ACTIONS "    Outputs: {Reports: {R: {Format: SARIFSCA, IncludePaths: [a], SuccessCriteria: {Vulnerabilities: {Severity: BAD}}}}}\n",
         "8:112: E170 Vulnerabilities needs a Severity"},
    Case{"W314_shared", HEAD "Compute: {Type: Lambda, SharedInstance: true}\n" ACTIONS,
         "5:3: W314 Lambda compute has no SharedInstance; the actions share one workspace here all the same"},
    Case{"W314_container", HEAD "Compute: {Type: Lambda}\nActions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration: {Steps: [], Container: {Registry: CODECATALYST, Image: \"CodeCatalystLinux_x86_64:2024_03\"}}\n",
         "8:32: W314 Lambda compute takes no Container"},
    Case{"E184", HEAD ACTIONS "    Timeout: 481\n", "8:14: E184 Timeout is 481 minutes; it must be 1 to 480"},
    Case{"W315", HEAD ACTIONS "    Timeout: 2\n", "8:14: W315 Timeout is only 2 minutes"},
    Case{"W313", HEAD "Compute: {Type: EC2}\n" ACTIONS "    Compute: {Type: EC2}\n", "9:5: W313 Compute is given here and on top; the one here counts"},
    Case{"W314", HEAD "Compute: {Type: Lambda}\n" ACTIONS "    Caching: {FileCaching: {k: {Path: a}}}\n", "9:5: W314 Lambda compute has no caching"},
    Case{"E114_cache", HEAD ACTIONS "    Caching: {FileCaching: {a b: {Path: a}}}\n", "8:29: E114 \"a b\" may use only letters, digits, -, _ and ."},
    Case{"N205_image", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration: {Steps: [], Container: {Registry: CODECATALYST, Image: \"CodeCatalystLinux_x86_64:2024_03\"}}\n",
         "7:75: N205 the image CodeCatalystLinux_x86_64:2024_03 is ignored: steps use the tools of this machine"}), name_of);

TEST(Diagnostics, OfMissingCapabilitiesLeaveTheDefinitionValidButNotRunnable) {
  const auto parsed = parse_workflow(HEAD "Actions:\n  A:\n    Identifier: mend/mendsca@v1\n", "w.yml", {});
  EXPECT_TRUE(parsed.workflow.has_value());
  EXPECT_FALSE(parsed.runnable());
  EXPECT_EQ(parsed.diagnostics.at(0).severity, Severity::Capability);
}

TEST(Diagnostics, AreAtMostFiftyWithErrorsFirstAndThenACount) {
  std::string text = HEAD "Triggers:\n";
  for (int i = 0; i < 30; ++i) text += "  - Type: Push\n";
  for (int i = 0; i < 20; ++i) text += "  - Type: HOOK\n    Hook: x\n";
  const auto parsed = parse_workflow(text + ACTIONS, "w.yml", {});
  ASSERT_EQ(parsed.diagnostics.size(), 51U);
  EXPECT_EQ(std::ranges::count(parsed.diagnostics, "E120", &Diagnostic::code), 20);
  EXPECT_EQ(parsed.diagnostics.back().code, "N200");
  EXPECT_EQ(parsed.diagnostics.back().what, "20 more are not shown");
}

TEST(Diagnostics, TakeOutsideNamesOnTrustWhenAsked) {
  const Known nothing{{}, {}, {}, false};
  const auto parsed = parse_workflow(HEAD CDK "    Environment: {Name: anywhere}\n", "w.yml", nothing);
  EXPECT_TRUE(parsed.runnable());
}

TEST(Diagnostics, SayThatStepsWhichTouchNoEnvironmentNeedNone) {
  const Known known{{"dev"}, {}, {}};
  EXPECT_EQ(parse_workflow(HEAD ACTIONS "    Environment: {Name: tests}\n", "w.yml", known).diagnostics.at(0).suggestion,
            "Known: dev; write a new one below environments: in tandem.yaml, or leave Environment out where the steps touch none");
  EXPECT_EQ(parse_workflow(HEAD CDK "    Environment: {Name: tests}\n", "w.yml", known).diagnostics.at(0).suggestion,
            "Known: dev; write a new one below environments: in tandem.yaml");
}

INSTANTIATE_TEST_SUITE_P(HabitsOfPublicFiles, Saying, testing::Values(
    Case{"shared_instance_needs_one_source", HEAD "Compute: {SharedInstance: true}\nActions:\n  A:\n    Identifier: aws/build@v1\n" STEPS
         "  B:\n    Identifier: aws/build@v1\n    DependsOn: [A]\n    Configuration: {Steps: [{Run: b}]}\n", ""},
    Case{"shared_instance_without_any_source", HEAD "Compute: {SharedInstance: true}\nActions:\n  A:\n    Identifier: aws/build@v1\n    Configuration: {Steps: [{Run: a}]}\n"
         "  B:\n    Identifier: aws/build@v1\n    DependsOn: [A]\n    Configuration: {Steps: [{Run: b}]}\n", "5:3: W307 A has no input: it starts in an empty folder"},
    Case{"variable_in_both_cases", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n"
         "    Configuration: {Steps: [{Run: 'a $CODECATALYST_SOURCE_REVISION_git_Hash'}]}\n", "7:39: W318 $CODECATALYST_SOURCE_REVISION_git_Hash is set by nobody: it is empty"},
    Case{"variable_with_the_short_beginning", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n"
         "    Configuration: {Steps: [{Run: 'a >> $CATALYST_ENV_FILE; b ${CATALYST_SOURCE_DIR_WorkflowSource} $CATALYST_DEFAULT_DIR $CATALYST_WORKFLOW_SPACE_NAME'}]}\n",
         "7:42: W318 $CATALYST_ENV_FILE is set by nobody: it is empty"},
    Case{"names_written_as_titles", HEAD "Actions:\n  PublishAll:\n    Identifier: aws/build@v1\n" STEPS "  C:\n    Identifier: aws/build@v1\n    DependsOn: [Publish all]\n" STEPS,
         "10:17: E140 DependsOn names Publish all, which does not exist; did you mean PublishAll?"},
    Case{"steps_beside_configuration", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration: {}\n    Steps: [{Run: a}]\n",
         "8:5: E110 Steps is not a property of an action"},
    Case{"condition", HEAD ACTIONS "    Condition: {StringEquals: [a, b]}\n", "8:5: E110 Condition is not a property of an action: there are no conditions"},
    Case{"group_with_a_list", HEAD "Actions:\n  G:\n    Actions:\n      - Identifier: aws/build@v1\n", "6:7: E113 Actions must be a map of names, not a list"},
    Case{"left_placeholder", HEAD "Actions:\n  A:\n    Identifier: {{ action }}\n", "5:17: E102 not valid YAML: {{ is a placeholder of a template that nobody has filled in"},
    Case{"parameters_of_a_stack", HEAD "Actions:\n  A:\n    Identifier: aws/cfn-deploy@v1\n    Environment: {Name: dev}\n    Inputs: {Sources: [WorkflowSource]}\n"
         "    Configuration:\n      name: n\n      region: r\n      template: t\n      Parameters: {Stage: dev}\n", "12:7: E110 Parameters is not a property of Configuration"},
    Case{"foreign_machine_for_steps", HEAD "Compute: {Fleet: Windows.x86-64.Large}\n" ACTIONS, "3:18: E182 Windows.x86-64.Large: there is no such machine here"},
    Case{"foreign_machine_that_no_step_uses", HEAD "Compute: {Fleet: Windows.x86-64.Large}\nActions:\n  A:\n    Identifier: aws/cfn-deploy@v1\n    Environment: {Name: dev}\n"
         "    Inputs: {Sources: [WorkflowSource]}\n    Configuration: {name: n, template: t, region: r}\n",
         "3:18: N205 the fleet Windows.x86-64.Large is ignored: no steps run on it\n9:43: N205 region is ignored: the environment has its region"},
    Case{"foreign_machine_that_every_action_replaces", HEAD "Compute: {Fleet: Windows.x86-64.Large}\n" ACTIONS "    Compute: {Fleet: Linux.x86-64.Large}\n",
         "9:5: W313 Compute is given here and on top; the one here counts"}), name_of);

#define SCHEDULE(expression) HEAD "Triggers:\n  - Type: SCHEDULE\n    Expression: '" expression "'\n" ACTIONS

INSTANTIATE_TEST_SUITE_P(Never, Saying, testing::Values(
    Case{"W323_day", SCHEDULE("0 0 31 2 ? *"), "5:17: W323 never fires: month 2 has no day-of-month 31 in any year"},
    Case{"W323_months", SCHEDULE("0 0 31 FEB,APR,6 ? *"), "5:17: W323 never fires: month FEB,APR,6 has no day-of-month 31 in any year"},
    Case{"W323_year", SCHEDULE("cron(0 0 29 2 ? 2027)"), "5:17: W323 never fires: month 2 has no day-of-month 29 in year 2027"},
    Case{"W323_weekday", SCHEDULE("0 0 ? 2 MON#5 2026-2027"), "5:17: W323 never fires: month 2 has no day-of-week MON#5 in year 2026-2027"},
    Case{"leap_day", SCHEDULE("0 0 29 2 ? *"), ""},
    Case{"last_year_of_all", SCHEDULE("59 23 31 12 ? 2199"), ""},
    Case{"first_minute_of_all", SCHEDULE("0 0 1 1 ? 1970"), ""}), name_of);

TEST(Diagnostics, SayThatTheYearsOfAScheduleAreOverWhenTheyKnowTheDay) {
  Known known;
  known.now = *parse_rfc3339("2026-11-26T00:00:00Z");
  EXPECT_EQ(said(parse_workflow(SCHEDULE("0 0 1 1 ? 2020-2026"), "w.yml", known)), "5:17: W323 never fires again: its last time was in the year 2026 or before");
  EXPECT_EQ(said(parse_workflow(SCHEDULE("0 0 1 12 ? 2020-2026"), "w.yml", known)), "");
}

INSTANTIATE_TEST_SUITE_P(Values, Saying, testing::Values(
    Case{"in_a_list", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource], Variables: [{Name: N, Value: [a]}, {Name: M, Value: '${Aa.X}'}]}\n    Configuration: {Steps: []}\n",
         "6:70: E113 Value must be a text, not a list\n6:94: E160 ${Aa.X}: there is no action Aa"},
    Case{"in_a_map", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource], Variables: {N: [a], M: '${Aa.X}'}}\n    Configuration: {Steps: []}\n",
         "6:56: E113 Value must be a text, not a list\n6:65: E160 ${Aa.X}: there is no action Aa"}), name_of);

TEST(Diagnostics, SayWhereTheActionsOfAGroupBelong) {
  const auto parsed = parse_workflow(HEAD "Actions:\n  G:\n    Deploy:\n      Identifier: aws/build@v1\n  E:\n", "w.yml", {});
  EXPECT_EQ(said(parsed), "4:3: E130 G has neither Identifier (an action) nor Actions (a group)\n7:3: E130 E has neither Identifier (an action) nor Actions (a group)");
  EXPECT_EQ(parsed.diagnostics.at(0).suggestion, "Put Deploy below Actions:");
  EXPECT_EQ(parsed.diagnostics.at(1).suggestion, "Add Identifier:, for example aws/build@v1");
}

INSTANTIATE_TEST_SUITE_P(NotFilledIn, Saying, testing::Values(
    Case{"W310_branch", HEAD "Triggers:\n  - Type: PUSH\n    Branches: [main, '${branch_name}']\n" ACTIONS, "5:23: W310 ${branch_name} is taken literally here"},
    Case{"W310_environment", HEAD ACTIONS "    Environment: {Name: '${stage}-${WorkflowSource.BranchName}'}\n    Compute: {Fleet: '${FLEET:-x}'}\n",
         "8:25: E181 the environment ${stage}-${WorkflowSource.BranchName} is not in tandem.yaml\n8:26: W310 ${stage} is taken literally here\n"
         "8:35: W310 ${WorkflowSource.BranchName} is taken literally here"},
    Case{"of_the_shell", HEAD "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource], Variables: [{Name: X, Value: '${Y}'}]}\n    Configuration: {Steps: [{Run: 'a ${X}'}]}\n", ""}), name_of);

INSTANTIATE_TEST_SUITE_P(Outside, Saying, testing::Values(
    Case{"artifact_above", HEAD ACTIONS "    Outputs: {Artifacts: [{Name: x, Files: ['a/../../b', '/', 'a..b/..c']}]}\n",
         "8:45: E154 a/../../b goes up with ..\n8:58: E154 / is no file of the workspace"},
    Case{"report_above", HEAD ACTIONS "    Outputs: {Reports: {R: {Format: JUNITXML, IncludePaths: ['**/..', /etc/x], ExcludePaths: [../y]}}}\n",
         "8:62: E154 **/.. goes up with ..\n8:71: E154 /etc/x is an absolute path\n8:95: E154 ../y goes up with .."},
    Case{"discovery_above", HEAD ACTIONS "    Outputs: {AutoDiscoverReports: {IncludePaths: [../y]}}\n", "8:52: E154 ../y goes up with .."},
    Case{"cache_above", HEAD ACTIONS "    Caching: {FileCaching: {k: {Path: a/../../b}, l: {Path: ~/../x}, m: {Path: /}, n: {Path: a..b/..c}}}\n",
         "8:39: E154 a/../../b goes up with ..\n8:61: E154 ~/../x goes up with ..\n8:80: E154 / is no file or folder of the workspace"},
    Case{"cache_elsewhere", HEAD ACTIONS "    Caching: {FileCaching: {k: {Path: /var/cache/apt}, l: {Path: /roots/x}}}\n",
         "8:39: W308 /var/cache/apt is outside the workspace: the cache k is neither restored nor kept\n"
         "8:66: W308 /roots/x is outside the workspace: the cache l is neither restored nor kept"},
    Case{"cache_of_home", HEAD ACTIONS "    Caching: {FileCaching: {k: {Path: /root/.m2}, l: {Path: ~/.npm}, m: {Path: /sources/WorkflowSource/x}, n: {Path: /codecatalyst/output/src/home/y}, o: {Path: $HOME/z}}}\n", ""},
    Case{"key_without_letters", HEAD "'': 1\n" ACTIONS, "3:1: E110 \"\" is not a property of a workflow"}), name_of);

#define GITHUB HEAD "Actions:\n  A:\n    Identifier: aws/github-actions-runner@v1\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration:\n      Steps:\n"
#define NEEDS "5:17: E131 aws/github-actions-runner@v1 is not available on this runner, and its step "

INSTANTIATE_TEST_SUITE_P(StepsOfGithub, Saying, testing::Values(
    Case{"commands", GITHUB "        - name: n\n          run: a\n          env: {X: 1, Y: }\n          working-directory: d\n          shell: sh\n          continue-on-error: true\n", ""},
    Case{"uses", GITHUB "        - run: a\n        - name: Lint\n          uses: x/y@v1\n        - uses: z\n", NEEDS "2 \"Lint\" (line 11) uses: x/y@v1, which needs GitHub's runner"},
    Case{"condition", GITHUB "        - run: a\n          if: always()\n", NEEDS "1 (line 10) has if:, which needs GitHub's runner"},
    Case{"time", GITHUB "        - run: a\n          timeout-minutes: 5\n", NEEDS "1 (line 10) has timeout-minutes:, which needs GitHub's runner"},
    Case{"expression", GITHUB "        - run: a\n          env: {X: '${{ github.sha }}'}\n", NEEDS "1 (line 10) has an expression ${{ }}, which needs GitHub's runner"},
    Case{"file", GITHUB "        - run: echo a=b >> \"$GITHUB_ENV\"\n", NEEDS "1 (line 9) reads $GITHUB_ENV, which needs GitHub's runner"},
    Case{"shell", GITHUB "        - run: a\n          shell: pwsh\n", NEEDS "1 (line 10) wants the shell pwsh, which needs GitHub's runner"},
    Case{"outputs", GITHUB "        - run: a\n    Outputs: {Variables: [V]}\n",
         "5:17: E131 aws/github-actions-runner@v1 is not available on this runner, and its output variable V comes from a file of GitHub's runner"},
    Case{"wrong", GITHUB "        - name: n\n        - b\n        - run: [a]\n          env: [x]\n          continue-on-error: maybe\n        - run: a\n          env: {a-b: 1}\n",
         "9:11: E112 run is required for a step\n10:11: E113 a step must be a map with run:, not \"b\"\n11:16: E113 run must be a text, not a list\n"
         "12:16: E113 env must be a map of names and values, not a list\n13:30: E113 continue-on-error must be true or false, not \"maybe\"\n15:17: E162 \"a-b\" is no variable name"}), name_of);

}  // namespace
}  // namespace tandem::workflow
