"""
The segment criteria about purchases, plugged into the room of segments. Source: SG-3.

Returns count as transactions, as in the original (SG-4). Every set reads matched documents only;
texts compare in lower case.
"""

from accounts.segments import parameters
from accounts.segments.criteria import Criterion
from accounts.segments.parameters import Parameter
from accounts.segments.queries import Ids, Query, Values, between, label_in


def _documents(query: Query, condition: str) -> Ids:
    return Ids(
        "select t.customer_id from transactions_transaction t"  # noqa: S608  # all of it is ours
        " where t.store_id = %(store)s::bigint and t.customer_id is not null"
        f"{query.narrowed('t.customer_id')} and {condition}"
    )


def _lines(query: Query, condition: str) -> Ids:
    return Ids(
        "select t.customer_id from transactions_transaction t"  # noqa: S608  # all of it is ours
        " join transactions_transactionitem i on i.transaction_id = t.id"
        " where t.store_id = %(store)s::bigint and t.customer_id is not null"
        f"{query.narrowed('t.customer_id')} and {condition}"
    )


def _pos_ids(uuids: list[str], query: Query) -> str:
    """Look the points of sale up once per statement; their array then serves as a constant."""
    wanted = query.bind(uuids, "uuid[]")
    return (
        "any((select array(select p.id from accounts_pos p"  # noqa: S608  # all of it is ours
        f" where p.store_id = %(store)s::bigint and p.uuid = any({wanted})))::bigint[])"
    )


def _in_pos(values: Values, query: Query) -> Ids:
    return _documents(query, f"t.pos_id = {_pos_ids(values['pos_ids'], query)}")


def _percent_in_pos(values: Values, query: Query) -> Ids:
    here = _pos_ids([values["pos_id"]], query)
    share = query.bind(values["percent"], "numeric")
    every = _documents(query, "true").sql
    return Ids(
        f"{every} group by t.customer_id"
        f" having count(*) filter (where t.pos_id = {here}) >= {share} * count(*)"
    )


def _skus(values: Values, query: Query) -> Ids:
    wanted = query.bind([text.lower() for text in values["sku_ids"]], "text[]")
    return _lines(query, f"lower(i.sku) = any({wanted})")


def _makers(values: Values, query: Query) -> Ids:
    wanted = query.bind([text.lower() for text in values["makers"]], "text[]")
    return _lines(query, f"lower(i.maker) = any({wanted})")


def _labels(values: Values, query: Query) -> Ids:
    return _lines(query, label_in("i.labels", values["labels"], query))


def _period(values: Values, query: Query) -> Ids:
    names = ("from_date", "to_date")
    return _documents(query, between("t.purchased_at", values, names, "timestamptz", query))


def _last_days(values: Values, query: Query) -> Ids:
    begin = query.bind(query.start_of_day(days_ago=values["days"]), "timestamptz")
    return _documents(
        query, f"t.purchased_at >= {begin} and t.purchased_at <= %(now)s::timestamptz"
    )


def _criterion(type: str, compile: object, *taken: Parameter, **options: object) -> Criterion:
    return Criterion(
        type=type,
        parameters=taken,
        compile=compile,  # type: ignore[arg-type]  # each of the functions above
        follows_purchases=True,
        **options,  # type: ignore[arg-type]  # `range_of`, or nothing
    )


CRITERIA = (
    _criterion("bought_in_pos", _in_pos, Parameter("pos_ids", parameters.pos_list)),
    _criterion(
        "transaction_percent_in_pos",
        _percent_in_pos,
        Parameter("pos_id", parameters.pos),
        Parameter("percent", parameters.percent),
    ),
    _criterion("bought_skus", _skus, Parameter("sku_ids", parameters.texts)),
    _criterion("bought_makers", _makers, Parameter("makers", parameters.texts)),
    _criterion("bought_labels", _labels, Parameter("labels", parameters.label_pairs)),
    _criterion(
        "purchase_period",
        _period,
        Parameter("from_date", parameters.instant, is_required=False),
        Parameter("to_date", parameters.instant, is_required=False),
        range_of=("from_date", "to_date"),
    ),
    _criterion("last_purchase_n_days_before", _last_days, Parameter("days", parameters.days)),
)
