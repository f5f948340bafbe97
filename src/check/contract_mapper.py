R"python(#"
# pynamodb: models whose methods are operations on the table that their Meta names.

MODEL, INDEXES = "pynamodb.models.Model", ("pynamodb.indexes.GlobalSecondaryIndex", "pynamodb.indexes.LocalSecondaryIndex")
MODEL_METHODS = {"save": "PutItem", "update": "UpdateItem", "delete": "DeleteItem", "refresh": "GetItem", "get": "GetItem", "query": "Query",
                 "scan": "Scan", "batch_get": "BatchGetItem", "batch_write": "BatchWriteItem"}
INDEX_METHODS = {"query": "Query", "scan": "Scan"}


class Mapper:
    def mapped(self, owner, name, place):
        """A method that a model or an index has of the package. `owner`: the class, or an instance of it."""
        cls = owner.cls if isinstance(owner, InstanceValue) else owner
        is_known = (name in MODEL_METHODS and cls.descends_from(MODEL)) or (name in INDEX_METHODS and cls.descends_from(*INDEXES))
        return Method(owner, name, place) if is_known else Unknown()

    def index_of(self, model, value):
        """An index that is an attribute of a model knows the model from then on."""
        if isinstance(value, InstanceValue) and value.cls.descends_from(*INDEXES) and model.descends_from(MODEL):
            value.attributes["__model__"] = model
        return value

    def mapper_call(self, owner, name, place):
        cls = owner.cls if isinstance(owner, InstanceValue) else owner
        model, index, actions = cls, None, MODEL_METHODS
        if cls.descends_from(*INDEXES):
            model, index, actions = owner.attributes.get("__model__") if isinstance(owner, InstanceValue) else None, self.of_meta(cls, "index_name"), INDEX_METHODS
        table = self.of_meta(model, "table_name") if isinstance(model, ClassValue) else None
        if table is None:
            self.unknown("the table that %s.%s asks" % (cls.node.name, name), place)
        else:
            self.add_call("dynamodb", "%s.%s" % (cls.node.name, name), place, [actions[name]], table, index)
        found = InstanceValue(cls)
        return found if name in ("get", "refresh") else ListValue([found]) if name in ("query", "scan", "batch_get") else Unknown()

    def of_meta(self, cls, name):
        meta = cls.lookup("Meta")
        return meta.lookup(name) if isinstance(meta, ClassValue) else None
#)python"
