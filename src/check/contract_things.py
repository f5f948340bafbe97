R"python(#"
# boto3's objects for buckets, queues and topics: what their methods ask of AWS.

THINGS = {("s3", "Bucket"): "bucket", ("s3", "Object"): "object", ("s3", "ObjectSummary"): "object", ("sqs", "Queue"): "queue", ("sns", "Topic"): "topic"}
COLLECTIONS = {("bucket", "objects"): "objects", ("bucket", "object_versions"): "objects"}
THING_METHODS = {
    "bucket": {"put_object": "PutObject", "upload_file": "PutObject", "upload_fileobj": "PutObject", "copy": "PutObject", "download_file": "GetObject",
               "download_fileobj": "GetObject", "delete_objects": "DeleteObject", "create": "CreateBucket", "delete": "DeleteBucket"},
    "object": {"put": "PutObject", "upload_file": "PutObject", "upload_fileobj": "PutObject", "copy": "PutObject", "copy_from": "PutObject", "get": "GetObject",
               "download_file": "GetObject", "download_fileobj": "GetObject", "load": "GetObject", "reload": "GetObject", "delete": "DeleteObject"},
    "objects": {"all": "ListBucket", "filter": "ListBucket", "limit": "ListBucket", "pages": "ListBucket", "page_size": "ListBucket"},
    "queue": {"send_message": "SendMessage", "send_messages": "SendMessage", "receive_messages": "ReceiveMessage", "delete_messages": "DeleteMessage",
              "purge": "PurgeQueue", "load": "GetQueueAttributes"},
    "topic": {"publish": "Publish", "subscribe": "Subscribe"},
}
OBJECT_ATTRIBUTES = {"content_length", "content_type", "e_tag", "last_modified", "metadata"}


class Things:
    def thing_of(self, owner, name, positional, named, place):
        kind = THINGS.get((owner.service, name))
        if kind is not None:
            given = positional[0] if positional else named.find("bucket_name") or named.find("name") or named.find("url") or named.find("arn") or Unknown()
            return Aws("thing", owner.service, given, operation=kind, place=place)
        if (owner.service, name) == ("sqs", "get_queue_by_name"):
            queue = named.find("QueueName") or Unknown()
            self.add_call("sqs", name, place, ["GetQueueUrl"], queue)
            return Aws("thing", "sqs", queue, operation="queue", place=place)
        self.unknown("what %s.%s of boto3's resource calls" % (owner.service, name), place)
        return Unknown()

    def thing_attribute(self, owner, name, place):
        collection = COLLECTIONS.get((owner.operation, name))
        if collection is not None:
            return Aws("thing", owner.service, owner.table, operation=collection, place=place)
        if owner.operation == "object" and name in OBJECT_ATTRIBUTES:
            self.add_call(owner.service, "head_object", place, ["GetObject"], owner.table)
            return Unknown()
        return Method(owner, name, place)

    def thing_method(self, owner, name, positional, named, place):
        if owner.operation == "bucket" and name == "Object" or owner.operation == "object" and name == "Object":
            return Aws("thing", owner.service, owner.table, operation="object", place=place)
        action = THING_METHODS[owner.operation].get(name)
        if owner.operation == "objects" and name == "delete":  # of all that a collection holds
            self.add_call(owner.service, name, place, ["DeleteObject"], owner.table)
            return Unknown()
        if action is None:
            self.unknown("what %s of an %s %s calls" % (name, owner.service.upper(), owner.operation), place)
            return Unknown()
        self.add_call(owner.service, name, place, [action], owner.table)
        if owner.operation == "bucket" and name == "put_object":
            return Aws("thing", owner.service, owner.table, operation="object", place=place)
        return ListValue([Aws("thing", owner.service, owner.table, operation="object", place=place)]) if owner.operation == "objects" else Unknown()
#)python"
