#include <algorithm>

#include "check/told_needs_test.hpp"

namespace tandem::check {
namespace {

TEST(PythonNeeds, ASubscriptIsRequiredADefaultIsNot) {
  EXPECT_EQ(variables(needs_of(R"(
import os
from os import getenv, environ as env
a = os.environ["A"]
b = os.environ.get("B", "x")
c = getenv("C")
d = env["D"]
)")), "A! B= C? D! ");
}

TEST(PythonNeeds, ARefusalToGoOnMakesAVariableRequired) {
  EXPECT_EQ(variables(needs_of(R"(
import os
a = os.environ.get("A")
if not a:
    raise RuntimeError("A")
b = os.getenv("B") or "fallback"
c = os.getenv("C", "")
assert c
)")), "A! B= C! ");
}

TEST(PythonNeeds, ANameIsFollowedThroughTheFunctionThatReadsItAndPlacedWhereItIsWritten) {
  const auto needs = needs_of({{"main.py", "from settings import required\n\ndef handler(event, context):\n    return required(\"TABLE\")\n"},
                               {"settings.py", "import os\n\ndef required(name):\n    return os.environ[name]\n"}});
  ASSERT_EQ(needs.variables.size(), 1U);
  EXPECT_EQ(needs.variables[0].place, (Place{"main.py", 4, 21}));
  EXPECT_EQ(needs.variables[0].read_at, (Place{"settings.py", 4, 12}));
  EXPECT_TRUE(needs.unknowns.empty());
}

TEST(PythonNeeds, ANameThatNobodyKnowsIsUnknown) {
  const auto needs = needs_of("import os\n\ndef handler(event, context):\n    return os.environ[event[\"name\"]]\n");
  EXPECT_TRUE(needs.variables.empty());
  ASSERT_EQ(needs.unknowns.size(), 1U);
  EXPECT_EQ(needs.unknowns[0].place, (Place{"main.py", 4, 12}));
}

TEST(PythonNeeds, SettingsClassesAreReadFieldByField) {
  EXPECT_EQ(variables(needs_of(R"(
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="APP_")
    table: str
    size: int = 5
    bucket: str = Field(alias="THE_BUCKET")

settings = Settings()
)")), "APP_TABLE! APP_SIZE= THE_BUCKET! ");
}

TEST(PythonNeeds, ClientsTablesAndPagesAreCalls) {
  EXPECT_EQ(calls(needs_of(R"(
import boto3, os
TABLE = os.environ["TABLE"]
client = boto3.client("dynamodb")
table = boto3.resource("dynamodb").Table(f"{TABLE}-v2")

def handler(event, context):
    client.query(TableName=TABLE, IndexName="by-name")
    table.put_item(Item={})
    for page in client.get_paginator("scan").paginate(TableName="other"):
        pass
    getattr(client, "get_item")(TableName=event)
)")), "dynamodb:Query $TABLE/by-name\ndynamodb:PutItem $TABLE-v2\ndynamodb:Scan other\ndynamodb:GetItem ?\n");
}

TEST(PythonNeeds, AStatementNamesItsActionTableAndIndex) {
  const auto needs = needs_of(R"(
import boto3, os
client = boto3.client("dynamodb")

def handler(event, context):
    table = os.environ["TABLE"]
    client.execute_statement(Statement=f'SELECT * FROM "{table}"."by-mail" WHERE mail = ?')
    client.execute_statement(Statement=f'insert into "a-{table}-b" value {{}}')
    client.batch_execute_statement(Statements=[{"Statement": "UPDATE Plain SET x = 1"}, {"Statement": event}])
    client.execute_transaction(TransactStatements=[{"Statement": 'DELETE FROM "Other" WHERE id = ?'}])
)");
  EXPECT_EQ(calls(needs), "dynamodb:PartiQLSelect $TABLE/by-mail\ndynamodb:PartiQLInsert a-$TABLE-b\ndynamodb:PartiQLUpdate Plain\ndynamodb:PartiQLDelete Other\n");
  ASSERT_EQ(needs.unknowns.size(), 1U);
  EXPECT_EQ(needs.unknowns[0].what, "the tables a PartiQL statement touches");
  EXPECT_EQ(needs.unknowns[0].place.line, 9);
}

TEST(PythonNeeds, MethodsOfAMappersModelAreCallsOnTheTableOfItsMeta) {
  EXPECT_EQ(calls(needs_of(R"(
from pynamodb.indexes import GlobalSecondaryIndex
from pynamodb.models import Model

class ByMail(GlobalSecondaryIndex):
    class Meta:
        index_name = "by-mail"

class Base(Model):
    pass

class Person(Base):
    class Meta:
        table_name = "people"
    by_mail = ByMail()

class Unused(Model):
    class Meta:
        table_name = "nobody-asks-for-it"

def handler(event, context):
    Person("1").save()
    for person in Person.by_mail.query("a"):
        person.delete()
    Person.get("2").refresh()
)")), "dynamodb:PutItem people\ndynamodb:Query people/by-mail\ndynamodb:GetItem people\ndynamodb:GetItem people\n");
}

TEST(PythonNeeds, AFileOfSettingsBesideTheCodeIsRead) {
  const std::string code = R"(
import boto3, json
client = boto3.client("dynamodb")
with open("settings.json") as file:
    settings = json.load(file)

def handler(event, context):
    client.scan(TableName=settings["tables"]["people"])
    client.scan(TableName=json.loads(open("elsewhere.json").read())["people"])
)";
  EXPECT_EQ(calls(needs_of({{"main.py", code}, {"settings.json", R"({"tables": {"people": "people-2019"}})"}})), "dynamodb:Scan people-2019\ndynamodb:Scan ?\n");
  EXPECT_EQ(calls(needs_of({{"main.py", code}, {"settings.json", "no JSON"}})), "dynamodb:Scan ?\ndynamodb:Scan ?\n");
}

TEST(PythonNeeds, ATransactionNeedsTheActionsOfItsItems) {
  EXPECT_EQ(calls(needs_of(R"(
import boto3
client = boto3.client("dynamodb")

def put(name):
    return {"Put": {"TableName": name, "Item": {}}}

def handler(event, context):
    items = [put("a")] + [{"Delete": {"TableName": "b", "Key": {}}} for _ in event]
    items.append({"ConditionCheck": {"TableName": "c", "Key": {}}})
    client.transact_write_items(TransactItems=items)
)")), "dynamodb:PutItem a\ndynamodb:DeleteItem b\ndynamodb:ConditionCheckItem c\n");
}

TEST(PythonNeeds, RoutersAreFollowedWithTheirPrefixes) {
  EXPECT_EQ(routes(needs_of({{"main.py", "from fastapi import FastAPI\nfrom api import things\napp = FastAPI()\nfor each in (things.router,):\n    app.include_router(each, prefix='/v1')\n"},
                             {"api/things.py", "from fastapi import APIRouter\nrouter = APIRouter(prefix='/things')\n\n@router.get('')\ndef all(): ...\n\n"
                                               "@router.api_route('/{id}', methods=['PUT', 'DELETE'])\ndef one(id): ...\n"}})),
            "GET /v1/things\nPUT,DELETE /v1/things/{id}\n");
}

TEST(PythonNeeds, FilesThatNoEntryImportsAreNamedAndNotRead) {
  const auto needs = needs_of({{"main.py", "def handler(event, context): ...\n"}, {"tools.py", "import os\nos.environ['X']\n"}});
  EXPECT_TRUE(needs.variables.empty());
  EXPECT_EQ(needs.files_unread, std::vector<std::string>{"tools.py"});
}

TEST(PythonNeeds, NothingOfTheSourceIsEverRun) {
  const auto needs = needs_of("import os, sys\nos.environ['A']\nsys.exit(7)\nopen('/tmp/never', 'w').write('x')\n__import__('os').abort()\n");
  EXPECT_EQ(variables(needs), "A! ");
}

TEST(PythonNeeds, BrokenSyntaxHasItsPlaceAndLeavesTheOtherFilesReadable) {
  const auto needs = needs_of({{"main.py", "import os\nimport broken\nos.environ['A']\n"}, {"broken.py", "def f(:\n"}});
  EXPECT_EQ(variables(needs), "A! ");
  ASSERT_EQ(needs.unparsed.size(), 1U);
  EXPECT_EQ(needs.unparsed[0].place.file, "broken.py");
  EXPECT_EQ(needs.unparsed[0].place.line, 1);
}

TEST(PythonNeeds, EndlessRecursionEnds) {
  EXPECT_EQ(variables(needs_of("import os\ndef f(n):\n    return g(n + 'x')\ndef g(n):\n    return f(n) or os.environ['A']\nf('')\n")).substr(0, 2), "A!");
}

TEST(PythonNeeds, NewerSyntaxIsAVersionUnlessItIsGuarded) {
  const auto needs = needs_of("import sys\nif sys.version_info >= (3, 12):\n    from itertools import batched\ntry:\n    import tomllib\nexcept ImportError:\n    tomllib = None\nmatch 1:\n    case 2: ...\n");
  ASSERT_EQ(needs.versions.size(), 1U);
  EXPECT_EQ(needs.versions[0].minor, 10);
}

TEST(DeclaredNeeds, AManifestSaysWhatNativeCodeNeeds) {
  const auto needs = needs_of({{"tandem-contract.yaml", "environment: {required: [TABLE]}\ntables:\n  - name: ${TABLE}\n    actions: [GetItem]\n    indexes: [by-name]\nroutes: [GET /x]\nmemory_mb: 64\n"}});
  EXPECT_EQ(variables(needs), "TABLE! ");
  EXPECT_EQ(calls(needs), "dynamodb:GetItem $TABLE\ndynamodb:Query $TABLE/by-name\n");
  EXPECT_EQ(routes(needs), "GET /x\n");
  EXPECT_EQ(needs.variables[0].source, Source::Manifest);
  EXPECT_EQ(needs.memory.at(0).bytes, 64UL << 20);
}

TEST(DeclaredNeeds, AMisspeltKeyIsRefusedWithTheNearestName) {
  const auto needs = read_needs({{"tandem-contract.yaml", "enviroment: {required: [TABLE]}\n"}});
  ASSERT_FALSE(needs);
  EXPECT_EQ(needs.error().code, "TD0235");
  EXPECT_TRUE(needs.error().next.contains("environment"));
}

TEST(DeclaredNeeds, TheScanOfCppFindsVariablesAndOperationsOutsideOfComments) {
  const auto needs = needs_of({{"main.cpp", "// getenv(\"NO\")\nauto a = std::getenv(\"YES\");\nauto b = getenv(name);\nauto c = \"DynamoDB_20120810.Query\"; /* getenv(\"NO\") */\n"}});
  EXPECT_EQ(variables(needs), "YES? ");
  EXPECT_EQ(needs.variables[0].place, (Place{"main.cpp", 2, 23}));
  EXPECT_EQ(needs.variables[0].source, Source::Scan);
  EXPECT_EQ(calls(needs), "dynamodb:Query -\n");
  EXPECT_EQ(needs.unknowns.size(), 1U);
}

TEST(DeclaredNeeds, RoutesComeFromOpenapiWhenNoCodeDeclaresAny) {
  EXPECT_EQ(routes(needs_of({{"openapi.yaml", "openapi: 3.1.0\npaths:\n  /a:\n    get: {}\n    parameters: []\n    post: {}\n"}})), "GET /a\nPOST /a\n");
}

TEST(DeployedSources, TestsEnvironmentsAndHiddenFoldersAreLeftOut) {
  EXPECT_TRUE(is_deployed_source("src/main.py"));
  for (const auto* path : {"tests/a.py", "src/test_a.py", ".venv/lib/a.py", "conftest.py", "node_modules/x/a.py", "src/a_test.cpp"}) EXPECT_FALSE(is_deployed_source(path)) << path;
}

}  // namespace
}  // namespace tandem::check
