import boto3
from boto3.dynamodb.conditions import Key

from app.settings import Settings


class Orders:
    """The orders table, its index and the receipts beside it."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._table = boto3.resource("dynamodb").Table(settings.table)
        self._s3 = boto3.client("s3")
        self._sqs = boto3.client("sqs")

    def get(self, order_id: str):
        return self._table.get_item(Key={"order": order_id}).get("Item")

    def put(self, order: dict):
        self._table.put_item(Item=order)
        self._sqs.send_message(QueueUrl=self._settings.queue_url, MessageBody=order["order"])

    def of_customer(self, customer: str):
        return self._table.query(
            IndexName=self._settings.customer_index, KeyConditionExpression=Key("customer").eq(customer) & Key("placed").gt("2020")
        )["Items"]

    def all(self):
        pages = boto3.client("dynamodb").get_paginator("scan")
        for page in pages.paginate(TableName=self._settings.table):
            yield from page["Items"]

    def receipt(self, order_id: str) -> bytes:
        key = f"receipts/{order_id}.pdf"
        return self._s3.get_object(Bucket=self._settings.receipts_bucket, Key=key)["Body"].read()
