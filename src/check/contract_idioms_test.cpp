// Ways of writing that real applications have: base classes of repositories, settings in dataclasses and pydantic models, routers of Powertools,
// boto3's objects for buckets and queues. Each was once passed over.
#include "check/told_needs_test.hpp"

namespace tandem::check {
namespace {

std::string tables_and_keys(const Needs& needs) {
  std::string out;
  for (const auto& call : needs.calls)
    out += fmt::format("{} {} by {}\n", call.actions.at(0), call.resource ? told(*call.resource) : "-", call.keys ? fmt::format("{}", fmt::join(*call.keys, ",")) : "-");
  return out;
}

TEST(PythonIdioms, ABaseClassIsGivenItsTableBySuper) {
  const auto needs = needs_of(R"(
import os, boto3
class Base:
    def __init__(self, table_name, region=None):
        self.table = boto3.resource("dynamodb", region_name=region).Table(table_name)
    def get(self, key):
        return self.table.get_item(Key=key)
class People(Base):
    def __init__(self):
        super().__init__(os.environ["PEOPLE"])
    def one(self, id):
        return super().get({"id": id})
class Orders(Base):
    def __init__(self):
        super(Orders, self).__init__(table_name=os.environ["ORDERS"])
    def one(self, id):
        return self.get({"order": id})
def handler(event, context):
    return People().one(1), Orders().one(2)
)");
  EXPECT_EQ(tables_and_keys(needs), "GetItem $PEOPLE by id\nGetItem $ORDERS by order\n");
  EXPECT_TRUE(needs.unknowns.empty());
}

TEST(PythonIdioms, SuperFollowsTheOrderOfTheInstancesClass) {
  EXPECT_EQ(tables_and_keys(needs_of(R"(
import boto3
class Base:
    def __init__(self, name):
        self.name = name
class Logged:
    def __init__(self, name):
        super().__init__(name + "-table")
class Rows(Logged, Base):
    @classmethod
    def make(cls):
        return cls("rows")
    def all(self):
        return boto3.client("dynamodb").delete_item(TableName=self.name, Key={"id": {"S": "1"}})
def handler(event, context):
    return Rows.make().all()
)")), "DeleteItem rows-table by id\n");
}

TEST(PythonIdioms, AGenericBaseKeepsItsMethods) {
  EXPECT_EQ(tables_and_keys(needs_of(R"(
from typing import Generic, TypeVar
import boto3
T = TypeVar("T")
class Base(Generic[T]):
    name = ""
    def get(self, id):
        return boto3.resource("dynamodb").Table(self.name).get_item(Key={"id": id})
class People(Base[dict]):
    name = "people"
def handler(event, context):
    return People().get("1")
)")), "GetItem people by id\n");
}

TEST(PythonIdioms, WhatNobodyCallsOfABaseIsAskedOfTheClassesThatHaveIt) {
  const auto needs = needs_of(R"(
import boto3
class Base:
    def __init__(self, name):
        self.table = boto3.resource("dynamodb").Table(name)
    def remove(self, id):
        return self.table.delete_item(Key={"id": id})
class People(Base):
    def __init__(self):
        super().__init__("people")
people = People()
)");
  EXPECT_EQ(tables_and_keys(needs), "DeleteItem people by id\n");
}

TEST(PythonIdioms, FieldsOfDataclassesAndModelsHaveTheirDefaults) {
  const auto needs = needs_of(R"(
import os, boto3
from dataclasses import dataclass, field
from pydantic import BaseModel, Field
@dataclass(frozen=True)
class Tables:
    people: str = field(default_factory=lambda: os.environ["PEOPLE"])
    fixed: str = field(default="fixed-table")
class Database(BaseModel):
    orders: str = Field(default_factory=lambda: os.getenv("ORDERS", "OrdersTable"))
class Settings(BaseModel):
    secret: str = Field(default_factory=lambda: os.getenv("JWT_SECRET", "change me"))
    database: Database = Field(default_factory=Database)
tables, settings = Tables(), Settings()
class Client:
    def __init__(self):
        resource = boto3.resource("dynamodb")
        self.tables = {"people": resource.Table(tables.people), "orders": resource.Table(settings.database.orders), "fixed": resource.Table(tables.fixed)}
    async def get(self, name, key):
        return self.tables[name].get_item(Key=key)
db = Client()
async def handler(event, context):
    await db.get("people", {"id": 1})
    await db.get("orders", {"order": 1})
    await db.get("fixed", {"row": 1})
)");
  EXPECT_EQ(tables_and_keys(needs), "GetItem $PEOPLE by id\nGetItem $ORDERS by order\nGetItem fixed-table by row\n");
  EXPECT_EQ(variables(needs), "PEOPLE! JWT_SECRET= ORDERS= ");
  EXPECT_TRUE(needs.unknowns.empty());
}

TEST(PythonIdioms, ADefaultFactoryOfASettingIsWhatItReturns) {
  const auto needs = needs_of(R"(
import boto3
from pydantic import Field
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    people_table: str = Field(default_factory=lambda: "people")
def handler(event, context):
    return boto3.client("dynamodb").scan(TableName=Settings().people_table)
)");
  EXPECT_EQ(variables(needs), "PEOPLE_TABLE= ");
  ASSERT_EQ(needs.calls.size(), 1U);
  ASSERT_EQ(needs.calls[0].resource->parts.size(), 1U);
  EXPECT_EQ(told(needs.calls[0].resource->parts[0]), "people");
}

TEST(PythonIdioms, RoutersOfPowertools) {
  EXPECT_EQ(routes(needs_of(R"(
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig
from aws_lambda_powertools.event_handler.router import APIGatewayRouter, Router
app = APIGatewayRestResolver(cors=CORSConfig(), strip_prefixes=["/api"])
router, orders = Router(), APIGatewayRouter()
@router.get("/todos/<todo_id>")
def todo(todo_id): ...
@orders.post("/orders")
def post(): ...
app.include_router(router, prefix="/v1")
app.include_router(orders)
@app.get("/files/.+")
def files(): ...
@app.route("/both", method=["GET", "POST"])
def both(): ...
def lambda_handler(event, context):
    return app.resolve(event, context)
)")), "GET /api/files/{rest:path}\nGET,POST /api/both\nGET /api/v1/todos/<todo_id>\nPOST /api/orders\n");
}

TEST(PythonIdioms, ABasePathThatMangumTakesAwayStandsBeforeTheRoutes) {
  EXPECT_EQ(routes(needs_of(R"(
from fastapi import FastAPI
from mangum import Mangum
app = FastAPI()
@app.get("/people")
def people(): ...
handler = Mangum(app, lifespan="off", api_gateway_base_path="/v1")
)")), "GET /v1/people\n");
}

TEST(PythonIdioms, ObjectsOfBoto3AreFollowedToTheirBucketQueueOrTopic) {
  const auto needs = needs_of(R"(
import os, boto3
bucket = boto3.resource("s3").Bucket(os.environ["BUCKET"])
queue = boto3.resource("sqs").Queue(os.environ["QUEUE_URL"])
topic = boto3.resource("sns").Topic(os.environ["TOPIC_ARN"])
def handler(event, context):
    bucket.put_object(Key="a", Body=b"")
    bucket.Object("a").get()["Body"].read()
    boto3.resource("s3").Object(os.environ["BUCKET"], "a").put(Body=b"")
    for entry in bucket.objects.filter(Prefix="a"):
        entry.delete()
    queue.send_message(MessageBody="x")
    topic.publish(Message="x")
)");
  EXPECT_EQ(calls(needs), "s3:PutObject $BUCKET\ns3:GetObject $BUCKET\ns3:PutObject $BUCKET\ns3:ListBucket $BUCKET\ns3:DeleteObject $BUCKET\n"
                          "sqs:SendMessage $QUEUE_URL\nsns:Publish $TOPIC_ARN\n");
  EXPECT_TRUE(needs.unknowns.empty());
}

TEST(PythonIdioms, WhatIsGivenByPositionIsTheBucketToo) {
  EXPECT_EQ(calls(needs_of(R"(
import os, boto3
s3, bucket = boto3.client("s3"), os.environ["BUCKET"]
def handler(event, context):
    s3.upload_file("/tmp/a", bucket, "a")
    s3.download_file(bucket, "a", "/tmp/a")
    s3.upload_fileobj(open("/tmp/a"), bucket, "a")
    s3.generate_presigned_post(bucket, "a")
    s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a"})
    s3.copy({"Bucket": "other", "Key": "a"}, bucket, "b")
    boto3.client("stepfunctions").start_execution(stateMachineArn=os.environ["MACHINE"], input="{}")
)")), "s3:UploadFile $BUCKET\ns3:DownloadFile $BUCKET\ns3:UploadFileobj $BUCKET\ns3:PutObject $BUCKET\ns3:GetObject $BUCKET\ns3:GetObject other\ns3:PutObject $BUCKET\n"
      "stepfunctions:StartExecution $MACHINE\n");
}

TEST(PythonIdioms, AnAttributeThatWasNoneUntilItWasSetIsWhatItWasSetTo) {
  const auto needs = needs_of(R"(
import os, boto3
class Base:
    def __init__(self):
        self.name = None
    def table(self):
        if not self.name:
            return None
        return boto3.resource("dynamodb").Table(self.name)
class Trades(Base):
    def __init__(self):
        super().__init__()
        self.name = os.environ["TRADES"]
    def one(self, id):
        return self.table().get_item(Key={"id": id})
trades = Trades()
def handler(event, context):
    return trades.one(1)
)");
  EXPECT_EQ(tables_and_keys(needs), "GetItem $TRADES by id\n");
}

TEST(PythonIdioms, TheOneInstanceThatNewMakesIsFollowed) {
  for (const auto* make : {"super().__new__(cls)", "object.__new__(cls)"})
    EXPECT_EQ(tables_and_keys(needs_of(fmt::format(R"(
import os, boto3
class Service:
    _instance = None
    def __new__(cls):
        if cls._instance is None:
            cls._instance = {}
            cls._instance.table = boto3.resource("dynamodb").Table(os.environ["PEOPLE"])
        return cls._instance
    def get(self, id):
        return self.table.get_item(Key={{"id": id}})
def handler(event, context):
    return Service().get("1")
)", make))), "GetItem $PEOPLE by id\n") << make;
}

TEST(PythonIdioms, AMemberOfAnEnumIsItsValue) {
  EXPECT_EQ(tables_and_keys(needs_of(R"(
from enum import Enum
import boto3
class Tables(str, Enum):
    PEOPLE = "people"
def handler(event, context):
    return boto3.client("dynamodb").get_item(TableName=Tables.PEOPLE.value, Key={"id": {"S": "1"}})
)")), "GetItem people by id\n");
}

TEST(PythonIdioms, ADependencyIsAskedForBehindADecoratorToo) {
  EXPECT_EQ(tables_and_keys(needs_of(R"(
import os, boto3
from functools import wraps
from fastapi import FastAPI, Depends
app = FastAPI()
def audited(function):
    @wraps(function)
    async def inner(*args, **kwargs):
        return await function(*args, **kwargs)
    return inner
def table():
    return boto3.resource("dynamodb").Table(os.environ["PEOPLE"])
@app.get("/people/{id}")
@audited
async def person(id: str, people=Depends(table)):
    return people.get_item(Key={"id": id})
)")), "GetItem $PEOPLE by id\n");
}

TEST(PythonIdioms, ARefusalThatADefaultKeepsFromHappeningMakesNothingRequired) {
  EXPECT_EQ(variables(needs_of(R"(
import os
def get(name, default=None):
    value = os.environ.get(name, default)
    if value is None:
        raise ValueError(name)
    return value
MAIN, OTHER = get("MAIN"), get("OTHER", "x")
)")), "MAIN! OTHER= ");
}

TEST(PythonIdioms, APrefixOutOfSettingsIsItsDefaultAsLongAsNobodySetsIt) {
  const auto needs = needs_of(R"(
import os
from fastapi import FastAPI, APIRouter
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    API_V1: str = "/api/v1"
router = APIRouter(prefix="/items")
@router.get("/{id}")
def item(id): ...
app = FastAPI()
app.include_router(router, prefix=Settings().API_V1)
@app.get(os.getenv("BASE", "") + "/health")
def health(): ...
)");
  EXPECT_EQ(routes(needs), "GET /health\nGET /api/v1/items/{id}\n");
  ASSERT_EQ(needs.routes.size(), 2U);
  EXPECT_EQ(needs.routes[0].assumes, std::vector<std::string>{"BASE"});
  EXPECT_EQ(needs.routes[1].assumes, std::vector<std::string>{"API_V1"});
}

TEST(PythonIdioms, RoutesOfStarletteAreListedWhereTheApplicationIsMade) {
  const auto needs = needs_of(R"(
from starlette.applications import Starlette
from starlette.routing import Mount, Route, Router, WebSocketRoute
async def one(request): ...
PREFIX = "/v1"
notes = [Route("/", one), Route("/{id:int}", endpoint=one, methods=["GET", "DELETE"])]
admin = Router(routes=[Route(path="/users", endpoint=one, methods=["POST"])])
server = Starlette(debug=False, routes=[
    Route("/health", one),
    Mount(PREFIX + "/notes", routes=notes),
    Mount("/admin", app=admin),
    WebSocketRoute("/live", one),
])
server.add_route("/late", one, methods=["PUT"])
)");
  EXPECT_EQ(routes(needs), "PUT /late\nGET /health\nGET /v1/notes/\nGET,DELETE /v1/notes/{id:int}\nPOST /admin/users\n");
  EXPECT_TRUE(needs.unknowns.empty());
}

TEST(PythonIdioms, RoutersAreTakenInByName) {
  const auto needs = needs_of(R"(
from fastapi import APIRouter, FastAPI
things, words = APIRouter(), FastAPI()
@things.get("/{id}")
def thing(id): ...
@words.get("/all")
def all(): ...
app = FastAPI()
app.include_router(router=things, prefix="/things")
app.mount(path="/words", app=words)
)");
  EXPECT_EQ(routes(needs), "GET /things/{id}\nGET /words/all\n");
}

TEST(PythonIdioms, ClassesThatDescendFromOneAnotherTwiceAreReadInBoundedTime) {
  std::string source = "class C0: pass\nclass D0: pass\n";
  for (int at = 1; at < 60; ++at)
    source += fmt::format("class C{0}(C{1}, D{1}):\n    def __init__(self):\n        super().__init__()\nclass D{0}(C{1}, D{1}): pass\n", at, at - 1);
  EXPECT_TRUE(needs_of(source + "thing = C59()\nthing.nothing()\n").calls.empty());
}

}  // namespace
}  // namespace tandem::check
