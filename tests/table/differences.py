"""Every deliberate difference from DynamoDB Local 3.1.0, with its reason. Anything else that differs is a failure.

WORDINGS: (pattern of Local's message, pattern of ours). Both answers are refusals of one exception; AWS itself words
the refusal as we do (developer guide, API reference, or answers of the service that its users published).
ANSWERS: (name, reason, applies(operation, request, ours, theirs)) for everything that is more than words.
"""
import json
import re

WORDINGS = [
    # Keys.
    (r"One of the required keys was not given a value", r"One or more parameter values were invalid: Missing the key \w+ in the item"),
    (r"One of the required keys was not given a value", r"The provided key element does not match the schema"),
    (r"The number of conditions on the keys is invalid", r"The provided key element does not match the schema"),
    (r"One or more parameter values were invalid: Type mismatch for key", r"The provided key element does not match the schema"),
    (r"One or more parameter values were invalid: Type mismatch for key", r"One or more parameter values were invalid: Type mismatch for key \w+ expected: \w+ actual: \w+"),
    (r"Invalid attribute value type", r"The provided key element does not match the schema"),
    (r"Invalid attribute value type", r"One or more parameter values were invalid: Type mismatch for key \w+ expected: \w+ actual: \w+"),
    (r"One or more parameter values were invalid: Type mismatch for Index Key", r"One or more parameter values were invalid: Type mismatch for Index Key \w+ Expected: \w+ Actual: \w+ IndexName: .+"),
    (r"Hash primary key values must be under 2048 bytes, and range primary key values must be under 1024 bytes",
     r"One or more parameter values were invalid: (Size of hashkey has exceeded the maximum size limit of2048 bytes|Aggregated size of all range keys has exceeded the size limit of 1024 bytes)"),
    (r"Cannot have null key for GetItem, DeleteItem, or UpdateItem", r"1 validation error detected: Value null at 'key' failed to satisfy constraint: Member must not be null"),
    (r"Item to put in PutItem cannot be null", r"1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null"),
    (r"Query condition missed key schema element", r"Query condition missed key schema element: \w+"),
    (r"Query condition missed key schema element", r"Query key condition not supported"),
    (r"Exclusive Start Key must have same size as table's key schema", r"The provided starting key is invalid: The provided key element does not match the schema"),
    (r"Type mismatch for attribute to update", r"The provided starting key is invalid: The provided key element does not match the schema"),
    (r"The provided starting key is invalid", r"The provided starting key is invalid: The provided key element does not match the schema"),
    (r"One of the required keys was not given a value", r"The provided starting key is invalid: The provided key element does not match the schema"),
    (r"The provided starting key does not match the range key predicate", r"The provided starting key is outside query boundaries based on provided conditions"),
    # Values.
    (r"(.*)A value provided cannot be converted into a number(.*)", r"(.*)The parameter cannot be converted to a numeric value(.*)"),
    (r"DynamoDB only supports precision up to 38 digits", r"Attempting to store more than 38 significant digits in a Number"),
    (r"ExpressionAttributeValues contains invalid value: DynamoDB only supports precision up to 38 digits(.*)", r"ExpressionAttributeValues contains invalid value: Attempting to store more than 38 significant digits in a Number(.*)"),
    (r"(.*)Input collection \[.*\] contains duplicates", r"(.*)Input collection \[.*\] contains duplicates\."),
    (r"The supplied Item contains a null AttributeValue: \w+ is null", r"Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    (r"Nesting Levels have exceeded supported limits.*", r"Nesting Levels have exceeded supported limits.*"),
    (r"Number of nested levels exceeded.*", r"Nesting Levels have exceeded supported limits.*"),
    # Enumerations, limits, required members: AWS counts the validation errors and lists the words.
    (r"Return values set to invalid value", r"1 validation error detected: Value '\w+' at 'returnValues' failed to satisfy constraint: .*"),
    (r"Select must be .*", r"1 validation error detected: Value '\w+' at 'select' failed to satisfy constraint: .*"),
    (r"Limit must be greater than or equal to 1", r"1 validation error detected: Value '-?\d+' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"),
    (r"Limit in ListTables must be <= 100", r"1 validation error detected: Value '\d+' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100"),
    (r"(Value (null|\[\]) at '\w+' failed .*)", r"1 validation error detected: Value '?(null|\[\])'? at '\w+' failed .*"),
    (r"Value null at 'transactItems.*", r"1 validation error detected: Value .* at 'transactItems.*"),
    (r"Member must have length less than or equal to 100", r"1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100"),
    (r"Value \w+ at 'clientRequestToken' failed .*", r"1 validation error detected: Value '\w+' at 'clientRequestToken' failed .*"),
    (r"If segment is specified, total segment must also be specified", r"The TotalSegments parameter is required but .*"),
    (r"If total segments is specified, a particular segment must also be specified for this request", r"The Segment parameter is required but .*"),
    (r"1 validation error detected: Value '-?\d+' at 'segment' failed .*", r"The Segment parameter is zero-based and must be less than parameter TotalSegments: .*"),
    (r"1 validation error detected: Value '-?\d+' at 'segment' failed .*", r"1 validation error detected: Value '-?\d+' at '(segment|totalSegments)' failed .*"),
    (r"Consistent read cannot be true when (querying|scanning) a GSI", r"Consistent reads are not supported on global secondary indexes"),
    (r"BatchGetItem must have some requests set|BatchWriteItem cannot have a null or no requests set", r"1 validation error detected: Value .* at 'requestItems' failed .*"),
    (r"The list of keys in RequestItems for BatchGetItem is required: \w+ has empty list", r"1 validation error detected: Value at 'requestItems.\w+.member.keys' failed .*"),
    (r"The batch write request list for a table cannot be null or empty: \w+", r"1 validation error detected: Value '\[\]' at 'requestItems.\w+.member' failed .*"),
    (r"TimeToLiveSpecification cannot be null", r"1 validation error detected: Value null at 'timeToLiveSpecification' failed .*"),
    (r"TimeToLive is active on a different AttributeName", r"TimeToLive is active on a different AttributeName: current AttributeName is \w+"),
    # Tables.
    (r"Cannot do operations on a non-existent table", r"Requested resource not found(: Table: \w+ not found)?"),
    (r"Cannot create preexisting table", r"Table already exists: \w+"),
    (r"Invalid table/index name\..*", r"(TableName|IndexName) must be at least 3 characters long and at most 255 characters long"),
    (r"Invalid table/index name\..*", r"1 validation error detected: Value .* at 'tableName' failed .*"),
    (r"No defined key schema\..*", r"1 validation error detected: Value .* at '(keySchema|attributeDefinitions)' failed .*"),
    (r"No Attribute Schema Defined", r"1 validation error detected: Value null at 'attributeDefinitions' failed .*"),
    (r"No Attribute Schema Defined", r"One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions.*"),
    (r"Member must satisfy enum value set: \[B, N, S\]", r"1 validation error detected: Value 'X' at 'attributeDefinitions.1.member.attributeType' failed .*"),
    (r"The number of attributes in key schema must match the number of attributes defined in attribute definitions\.", r"One or more parameter values were invalid: (Number of attributes in KeySchema|Some AttributeDefinitions are not used).*"),
    (r"Hash Key not specified in Attribute Definitions\..*", r"One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions.*"),
    (r"Global Secondary Index .* key not specified in Attribute Definitions.*", r"One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions.*"),
    (r".*not specified in Attribute Definitions.*", r"One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions.*"),
    (r"No provisioned throughput specified for the table", r"One or more parameter values were invalid: (ReadCapacityUnits and WriteCapacityUnits must both be specified|ProvisionedThroughput must be specified) when BillingMode is PROVISIONED"),
    (r"Nothing to update", r"At least one of ProvisionedThroughput, BillingMode, .* is required"),
    # The lists of words within stand in another order, or the operand is shown otherwise.
    (r"(Invalid \w+: Invalid attribute type name found; type: \w+).*", r"(Invalid \w+: Invalid attribute type name found; type: \w+).*"),
    (r"(Invalid \w+: Incorrect operand type for operator or function; operator or function: attribute_type, operand type:).*", r"\1.*"),
]


def _validation_in_transaction(operation, request, ours, theirs):
    return (operation.startswith("Transact") and ours.exception == "TransactionCanceledException"
            and any(r["Code"] == "ValidationError" for r in ours.body["CancellationReasons"])
            and theirs.status == 400 and theirs.exception in ("ValidationException", "TransactionCanceledException"))


def _nested_updated_values(operation, request, ours, theirs):
    return (operation == "UpdateItem" and request.get("ReturnValues") in ("UPDATED_NEW", "UPDATED_OLD")
            and re.search(r"[.\[]", request.get("UpdateExpression", "")) and ours.status == theirs.status == 200)


def _index_key_type_in_update(operation, request, ours, theirs):
    return operation == "UpdateItem" and "secondary index key to unsupported type" in ours.message


UPDATE_FAULTS = {
    "The provided expression refers to an attribute that does not exist in the item",
    "An operand in the update expression has an incorrect data type",
    "The document path provided in the update expression is invalid for update",
}
ANSWERS = [
    ("reserved words SIZE and CONVERT", "the developer guide lists them; Local lets them pass",
     lambda op, request, ours, theirs: re.search(r"reserved keyword: (size|convert)$", ours.message, re.I)),
    ("validation inside a transaction", "the API reference: a wrong action is a CancellationReason ValidationError in its place; "
     "Local mixes that with a plain ValidationException, or shortens the list of reasons", _validation_in_transaction),
    ("UPDATED_* of nested paths", "the service returns only the updated paths; Local 3.1 returns the whole top-level attribute", _nested_updated_values),
    ("wrong type for an index key in UpdateItem", "the service refuses it; Local stores it", _index_key_type_in_update),
    ("legacy parameters", "refused by name: not run here",
     lambda op, request, ours, theirs: "is a legacy parameter that is not run here" in ours.message),
    ("broken JSON or types", "the service answers SerializationException; Local answers InternalFailure or converts",
     lambda op, request, ours, theirs: ours.exception == "SerializationException"),
    ("unknown operation", "the service's type is com.amazon.coral.service#UnknownOperationException without message",
     lambda op, request, ours, theirs: ours.exception == theirs.exception == "UnknownOperationException"),
    ("tags and backups", "Local has neither",
     lambda op, request, ours, theirs: theirs.exception == "UnknownOperationException"),
    ("token reused with another request", "Local leaves the message empty",
     lambda op, request, ours, theirs: ours.exception == theirs.exception == "IdempotentParameterMismatchException"),
    ("bad enumeration word", "the service refuses it; Local takes it for another",
     lambda op, request, ours, theirs: "failed to satisfy constraint: Member must satisfy enum value set" in ours.message),
    ("one item twice in a transaction", "the service refuses it before it looks at any item; Local looks first",
     lambda op, request, ours, theirs: op == "TransactWriteItems" and ours.message == "Transaction request cannot include multiple operations on one item" and theirs.status == 400),
    ("cost of an index entry that is not there", "the developer guide charges entries that change; Local charges an index when any key attribute of it changes",
     lambda op, request, ours, theirs: op in ("PutItem", "UpdateItem", "DeleteItem") and ours.status == theirs.status == 200 and "ReturnConsumedCapacity" in request
     and {**ours.body, "ConsumedCapacity": 0} == {**theirs.body, "ConsumedCapacity": 0} and ours.body["ConsumedCapacity"]["Table"] == theirs.body["ConsumedCapacity"]["Table"]),
    ("empty ExclusiveStartKey", "the service refuses it; Local takes it for absent",
     lambda op, request, ours, theirs: request.get("ExclusiveStartKey") == {} and "starting key is invalid" in ours.message),
    ("index keys in ConsumedCapacity", "Local leaves out Table for index reads, charges them otherwise",
     lambda op, request, ours, theirs: ours.status == theirs.status == 200 and "ReturnConsumedCapacity" in request
     and {**ours.body, "ConsumedCapacity": 0} == {**theirs.body, "ConsumedCapacity": 0} and "IndexName" in request),
    ("costs of what is not there", "the developer guide: reading an absent item and a ConditionCheck consume capacity; Local leaves them out",
     lambda op, request, ours, theirs: op in ("BatchGetItem", "TransactWriteItems") and ours.status == theirs.status == 200
     and {**ours.body, "ConsumedCapacity": 0} == {**theirs.body, "ConsumedCapacity": 0} and "ReturnConsumedCapacity" in request),
    ("item collection metrics", "the API reference gives them for tables with local indexes; Local never does",
     lambda op, request, ours, theirs: "ReturnItemCollectionMetrics" in request and ours.status == 200
     and {k: v for k, v in ours.body.items() if k != "ItemCollectionMetrics"} == theirs.body),
    ("items of another type in a new index", "the developer guide: they stay out of the index; Local puts them in",
     lambda op, request, ours, theirs: request.get("IndexName") == "Late" and op == "Scan" and ours.status == theirs.status == 200),
    ("limit among equal index keys", "their order is not defined; Local's is its own",
     lambda op, request, ours, theirs: op == "Query" and "IndexName" in request and "Limit" in request and ours.status == theirs.status == 200
     and (ours.body["Count"], ours.body["SortKeys"]) == (theirs.body["Count"], theirs.body["SortKeys"])),
    ("scan filter beyond the index", "an index holds its projected attributes only; Local filters a Scan by the whole item",
     lambda op, request, ours, theirs: op == "Scan" and request.get("IndexName") == "Gkeys" and "FilterExpression" in request and ours.status == theirs.status == 200
     and ours.body["ScannedCount"] == theirs.body["ScannedCount"]),
    ("which of several faults", "an update with more than one fault: the order in which they are found is not defined",
     lambda op, request, ours, theirs: op == "UpdateItem" and ours.exception == theirs.exception == "ValidationException" and ours.message in UPDATE_FAULTS and theirs.message in UPDATE_FAULTS),
    ("index in use", "creating an index takes Local some seconds, in which it refuses changes; here it is done at once",
     lambda op, request, ours, theirs: op == "UpdateTable" and theirs.exception in ("ResourceInUseException", "LimitExceededException") and ours.status in (200, 400)),
]


def explain(operation, request, ours, theirs):
    """The name of the known difference between two answers, "" when they are equal, or None."""
    if ours.status == theirs.status and ours.exception == theirs.exception and ours.body == theirs.body:
        if ours.message == theirs.message:
            return ""
        for pattern, own in WORDINGS:
            found = re.fullmatch(pattern, theirs.message, re.S)
            if found and re.fullmatch(found.expand(own) if "\\1" in own else own, ours.message, re.S):
                return "wording"
    for name, _, applies in ANSWERS:
        if applies(operation, request, ours, theirs):
            return name
    return None
