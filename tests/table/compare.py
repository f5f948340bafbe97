"""Brings an answer into a form in which equal means the same to a client."""
import decimal
import json

# Members that name the account, the moment or a state that only one of the two passes through.
VOLATILE = {
    "CreationDateTime", "TableArn", "IndexArn", "TableId", "LastUpdateToPayPerRequestDateTime", "LastIncreaseDateTime",
    "LastDecreaseDateTime", "OnDemandThroughput", "WarmThroughput", "TableStatus", "IndexStatus", "Backfilling",
    "TableSizeBytes", "IndexSizeBytes", "BillingModeSummary", "DeletionProtectionEnabled",
}


# Sort keys of the indexes that the tests make: entries of equal keys have no order of their own, but sort keys have.
SORT_KEYS = {("Indexed", "Keys"): "n", ("Indexed", "Local"): "n", ("Indexed", "LocalAll"): "g", ("Rand", "Gix"): "n", ("Rand", "Lix"): "n"}


def sorted_by_index(body, items):
    """The items without the order among equal index keys, and the sort keys in theirs."""
    attribute = SORT_KEYS.get((body["TableName"], body["IndexName"]))
    shows_it = attribute and "ProjectionExpression" not in body
    return unordered(items), [canonical(each.get(attribute)) for each in items] if shows_it else []


def number(text):
    """One text for equal numbers. Local gives back some as they came ("49e-11", "1.50"); the unit tests hold ours plain."""
    try:
        return format(decimal.Decimal(text).normalize(decimal.Context(prec=60)), "e")
    except decimal.InvalidOperation:
        return text


def canonical(value, path=()):
    """Sets sorted, volatile members dropped; ProvisionedThroughput of on-demand tables dropped with its zeros."""
    if isinstance(value, dict):
        out = {}
        for key, member in value.items():
            if key in VOLATILE and "Item" not in path and "Items" not in path:
                continue
            if key == "N" and isinstance(member, str):
                out[key] = number(member)
            elif key == "NS" and isinstance(member, list):
                out[key] = sorted(map(number, member))
            elif key in ("SS", "BS") and isinstance(member, list):
                out[key] = sorted(member)
            elif key == "ProvisionedThroughput":
                units = {k: member.get(k) for k in ("ReadCapacityUnits", "WriteCapacityUnits")}
                if any(units.values()):
                    out[key] = units
            elif key == "AttributeDefinitions" or key in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes") and isinstance(member, list):
                out[key] = sorted((canonical(each, path + (key,)) for each in member), key=json.dumps)
            else:
                out[key] = canonical(member, path + (key,))
        return out
    if isinstance(value, list):
        return [canonical(each, path) for each in value]
    return value


def unordered(items):
    return sorted((canonical(each, ("Items",)) for each in items), key=lambda each: json.dumps(each, sort_keys=True))


class Answer:
    """Status, exception and message, and what else the body says."""

    def __init__(self, operation, request, status, body):
        self.status = status
        self.exception = body.get("__type", "").split("#")[-1]
        self.type = body.get("__type", "")
        self.message = body.get("message", body.get("Message", ""))
        rest = {k: v for k, v in body.items() if k not in ("__type", "message", "Message")}
        if operation == "Scan" and "Items" in rest:
            rest["Items"] = unordered(rest["Items"])
        if operation == "BatchGetItem":
            rest["Responses"] = {name: unordered(items) for name, items in rest.get("Responses", {}).items()}
        if operation == "Query" and "IndexName" in request and "Items" in rest:
            rest["Items"], rest["SortKeys"] = sorted_by_index(request, rest["Items"])
        if operation == "UpdateTable" and "TableDescription" in rest:
            for index in rest["TableDescription"].get("GlobalSecondaryIndexes", []):
                index.pop("ItemCount", None)   # of an index that is being made: unknown, or not yet zero
        for cost in [rest.get("ConsumedCapacity")] if "ReturnConsumedCapacity" not in request else []:
            if cost is not None:
                del rest["ConsumedCapacity"]   # DynamoDB Local sometimes gives it unasked
        for reason in rest.get("CancellationReasons", []):
            if "Message" in reason:
                reason["Message"] = reason["Message"].rstrip(".")   # Local ends that of a ConditionCheck with a full stop
            if "Item" in reason:
                reason["Item"] = canonical(reason["Item"], ("Item",))
        self.body = canonical(rest)

    def __repr__(self):
        if self.status == 200:
            return f"200 {json.dumps(self.body, sort_keys=True)[:1500]}"
        return f"{self.status} {self.exception}: {self.message} {json.dumps(self.body)[:600] if self.body else ''}"
