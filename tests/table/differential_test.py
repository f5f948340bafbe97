"""Asks our table engine and Amazon's DynamoDB Local the same, and wants the same answers.

pytest tests/table            the written corpus and random requests
TABLE_SEED=7 TABLE_REQUESTS=5000 pytest tests/table -k random
"""
import json
import os
import random
import shutil
import time

import pytest

import compare
import corpus
import differences
import engines
import random_requests

pytestmark = pytest.mark.skipif(
    not (engines.server_program() and shutil.which("java") and shutil.which("mvn")), reason="needs table_server, java and mvn")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    ours = engines.start_ours(str(tmp_path_factory.mktemp("table") / "tables.db"))
    oracle = engines.start_oracle()
    yield ours, oracle
    ours.stop()
    oracle.stop()


@pytest.fixture(autouse=True)
def no_tables_left(pair):
    yield
    for engine in pair:
        for name in engine.ask("ListTables", {})[1]["TableNames"]:
            engine.ask("DeleteTable", {"TableName": name})


PAGES_MAX = 300   # Local has been seen to give pages without end


def settled(pages):
    """Without an empty last page and the key that led to it: whether the end shows one page earlier is each engine's own."""
    if len(pages) > 1 and pages[-1][2] == 0:
        pages = pages[:-1]
    return pages[:-1] + [(*pages[-1][:3], None)]


class Comparison:
    """Collects what differs, so that one run shows everything."""

    def __init__(self, pair):
        self.ours, self.oracle = pair
        self.asked = 0
        self.known = {}
        self.failures = []

    def ask(self, operation, body):
        if operation in ("pages", "segments", "active"):
            return getattr(self, operation)(**body) if operation != "active" else self.active(body)
        self.asked += 1
        answers = [compare.Answer(operation, body, *engine.ask(operation, body)) for engine in (self.ours, self.oracle)]
        name = differences.explain(operation, body, *answers)
        if name is None:
            self.failures.append(f"{operation} {json.dumps(body)[:1200]}\n  ours   {answers[0]}\n  oracle {answers[1]}")
        elif name:
            self.known[name] = self.known.get(name, 0) + 1

    def pages(self, operation, body):
        """Every page of a Query is the same; of a Scan, whose order is each engine's own, all pages together."""
        pages = []
        for engine in (self.ours, self.oracle):
            start, seen = {}, []
            while len(seen) < PAGES_MAX:
                status, answer = engine.ask(operation, {**body, **start})
                assert status == 200, (operation, body, answer)
                seen.append((compare.canonical(answer.get("Items", []), ("Items",)), answer["Count"], answer["ScannedCount"], answer.get("LastEvaluatedKey")))
                if "LastEvaluatedKey" not in answer:
                    break
                start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
            pages.append(settled(seen))
        self.asked += 1
        if len(pages[1]) == PAGES_MAX > len(pages[0]):
            self.known["pages without end"] = self.known.get("pages without end", 0) + 1
            return
        if operation == "Scan":
            pages = [(compare.unordered([item for page in seen for item in page[0]]), [page[2] for page in seen]) for seen in pages]
        elif "IndexName" in body:
            pages = [(compare.sorted_by_index(body, [item for page in seen for item in page[0]]), [page[2] for page in seen]) for seen in pages]
        if pages[0] != pages[1]:
            self.failures.append(f"pages of {operation} {json.dumps(body)}\n  ours   {pages[0]}\n  oracle {pages[1]}")

    def segments(self, body, total):
        """The segments of a Scan hold every item once."""
        for engine in (self.ours, self.oracle):
            whole = compare.unordered(engine.ask("Scan", body)[1]["Items"])
            parts = [item for segment in range(total) for item in engine.ask("Scan", {**body, "Segment": segment, "TotalSegments": total})[1]["Items"]]
            if compare.unordered(parts) != whole:
                self.failures.append(f"{engine.name}: {total} segments of {body} are not the whole")
        self.asked += 1

    def active(self, body):
        for engine in (self.ours, self.oracle):
            for _ in range(600):
                shown = engine.ask("DescribeTable", body)[1]["Table"]
                if all(index["IndexStatus"] == "ACTIVE" for index in shown.get("GlobalSecondaryIndexes", [])) and shown["TableStatus"] == "ACTIVE":
                    break
                time.sleep(0.1)

    def finish(self, label):
        print(f"\n{label}: {self.asked} requests, known differences {self.known}")
        assert not self.failures, f"{len(self.failures)} of {self.asked} differ\n" + "\n".join(self.failures[:int(os.environ.get("TABLE_SHOW", "40"))])


@pytest.mark.parametrize("story", corpus.STORIES)
def test_written_corpus(pair, story):
    comparison = Comparison(pair)
    for operation, body in corpus.STORIES[story]():
        comparison.ask(operation, body)
    comparison.finish(story)


def test_random_requests(pair):
    seed = int(os.environ.get("TABLE_SEED", random.randrange(10**9)))
    print(f"\nTABLE_SEED={seed}")
    comparison = Comparison(pair)
    for operation, body in random_requests.stream(random.Random(seed), int(os.environ.get("TABLE_REQUESTS", "1500"))):
        comparison.ask(operation, body)
    comparison.finish(f"random, seed {seed}")


def test_wire_form(pair):
    """Type prefixes, checksum, request id, and what is wrong before there is an operation."""
    import zlib
    ours, _ = pair
    status, headers, text = ours.ask_raw("DynamoDB_20120810.ListTables", "{}")
    lower = {name.lower(): value for name, value in headers.items()}
    assert status == 200 and lower["content-type"] == "application/x-amz-json-1.0"
    assert int(lower["x-amz-crc32"]) == zlib.crc32(text.encode()) and len(lower["x-amzn-requestid"]) == 52
    expected = {
        ("DynamoDB_20120810.Nope", "{}"): "com.amazon.coral.service#UnknownOperationException",
        ("Nope", "{}"): "com.amazon.coral.service#UnknownOperationException",
        ("DynamoDB_20120810.ListTables", "{bad"): "com.amazon.coral.service#SerializationException",
        ("DynamoDB_20120810.ListTables", "[]"): "com.amazon.coral.service#SerializationException",
        ("DynamoDB_20120810.GetItem", "{}"): "com.amazon.coral.validate#ValidationException",
        ("DynamoDB_20120810.DescribeTable", '{"TableName":"Nope"}'): "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
    }
    for (target, payload), name in expected.items():
        status, _, text = ours.ask_raw(target, payload)
        assert (status, json.loads(text)["__type"]) == (400, name)
    unsigned = {name: value for name, value in engines.HEADERS.items() if name != "Authorization"}
    assert json.loads(ours.ask_raw("DynamoDB_20120810.ListTables", "{}", unsigned)[2])["__type"].endswith("#MissingAuthenticationTokenException")


def test_boto3_is_content(pair):
    boto3 = pytest.importorskip("boto3")
    ours, _ = pair
    client = boto3.resource("dynamodb", endpoint_url=f"http://127.0.0.1:{ours.port}", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    table = client.create_table(TableName="Boto", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    table.wait_until_exists()
    table.put_item(Item={"id": "1", "tags": {"a", "b"}, "blob": b"\x00\x01", "deep": [{"x": None}]})
    assert table.get_item(Key={"id": "1"})["Item"] == {"id": "1", "tags": {"a", "b"}, "blob": boto3.dynamodb.types.Binary(b"\x00\x01"), "deep": [{"x": None}]}
    with pytest.raises(client.meta.client.exceptions.ConditionalCheckFailedException):
        table.put_item(Item={"id": "1"}, ConditionExpression="attribute_not_exists(id)")
    table.delete()
    table.wait_until_not_exists()
