"""The DynamoDB of these tests refuses what the real one refuses."""

import pytest
from botocore.exceptions import ClientError

from tests.conftest import _create_tables
from tests.fake_dynamodb import ACTIONS_MAX, FakeDynamoDB


@pytest.fixture
def fake():
    client = FakeDynamoDB()
    _create_tables(client)
    return client


def put(key, **more):
    return {"Put": {"TableName": "sessions", "Item": {"id": {"S": key}}} | more}


def refused(call, **arguments):
    with pytest.raises(ClientError) as refusal:
        call(**arguments)
    return refusal.value.response


def test_a_transaction_is_all_or_nothing_and_says_which_condition_failed(fake):
    only_new = {"ConditionExpression": "attribute_not_exists(id)"}
    fake.transact_write_items(TransactItems=[put("a")])
    answer = refused(fake.transact_write_items, TransactItems=[put("b"), put("a", **only_new)])
    assert [reason["Code"] for reason in answer["CancellationReasons"]] == ["None", "ConditionalCheckFailed"]
    assert fake.scan(TableName="sessions")["Count"] == 1


def test_a_transaction_has_at_most_100_actions_and_no_item_twice(fake):
    fake.transact_write_items(TransactItems=[put(str(number)) for number in range(ACTIONS_MAX)])
    too_many = [put(str(number)) for number in range(ACTIONS_MAX + 1)]
    for items in (too_many, [put("a"), put("a")], []):
        assert refused(fake.transact_write_items, TransactItems=items)["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    "expression",
    ["id = :id AND", "id = :other", "status = :id", "id < :id", "id = :id garbage", "lastName = :id", "kind = :id"],
)
def test_an_expression_it_does_not_know_is_an_error(fake, expression):
    values = {":id": {"S": "a"}}
    with pytest.raises((ClientError, IndexError)):
        fake.query(TableName="people", KeyConditionExpression=expression, ExpressionAttributeValues=values)


def test_an_unused_placeholder_a_foreign_key_and_a_missing_table_are_errors(fake):
    values = {":id": {"S": "a"}, ":unused": {"S": "b"}}
    query = {"KeyConditionExpression": "id = :id", "ExpressionAttributeValues": values}
    assert refused(fake.query, TableName="sessions", **query)["Error"]["Code"] == "ValidationException"
    assert refused(fake.get_item, TableName="search", Key={"id": {"S": "a"}})["Error"]["Code"] == "ValidationException"
    answer = refused(fake.get_item, TableName="nowhere", Key={"id": {"S": "a"}})
    assert answer["Error"]["Code"] == "ResourceNotFoundException"


def test_a_page_that_reaches_its_limit_has_a_key_even_if_nothing_follows(fake):
    fake.put_item(TableName="search", Item={"initial": {"S": "a"}, "entry": {"S": "ada"}})
    query = {"KeyConditionExpression": "initial = :i", "ExpressionAttributeValues": {":i": {"S": "a"}}}
    page = fake.query(TableName="search", Limit=1, **query)
    assert page["LastEvaluatedKey"] == {"initial": {"S": "a"}, "entry": {"S": "ada"}}
    rest = fake.query(TableName="search", Limit=1, ExclusiveStartKey=page["LastEvaluatedKey"], **query)
    assert rest == {"Items": []}
