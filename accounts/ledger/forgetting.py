"""What people wrote beside postings, taken away when somebody is forgotten. No figure changes."""

from dataclasses import dataclass
from uuid import UUID

from loyalty.core import sql
from loyalty.core.services import forgetting


@dataclass(frozen=True)
class Forgotten:
    """
    `transfers`: all that the wallet had a part in, by all names that they have outside: people may
    have commented on them elsewhere. `comments`: what went. `wallets`: on either side of those.
    """

    transfers: frozenset[UUID]
    comments: frozenset[str]
    wallets: frozenset[int]


def forget_comments(wallet_id: int) -> Forgotten:
    """
    Empty the comments of a wallet's postings, but for those that rules made up.

    The same comments stand in facts and in the audit trail: the caller empties those, too.
    """
    with forgetting.allowed():
        rows = sql.write(FORGET, {"wallet": wallet_id})
    transfers = sql.read(TRANSFERS, {"wallet": wallet_id})
    return Forgotten(
        transfers=frozenset(uuid for (uuid,) in transfers),
        comments=frozenset(comment for *_, comment in rows),
        wallets=frozenset(wallet for giver, taker, _ in rows for wallet in (giver, taker)),
    )


FORGET = """
with commented as (
    select id, from_wallet_id, to_wallet_id, comment from ledger_posting
    where from_wallet_id = %(wallet)s::bigint and comment <> '' and issuer <> 'system'
    union
    select id, from_wallet_id, to_wallet_id, comment from ledger_posting
    where to_wallet_id = %(wallet)s::bigint and comment <> '' and issuer <> 'system'
)
update ledger_posting p set comment = ''
from commented where p.id = commented.id
returning commented.from_wallet_id, commented.to_wallet_id, commented.comment
"""

TRANSFERS = """
select uuid from ledger_posting where from_wallet_id = %(wallet)s::bigint
union all select uuid from ledger_posting where to_wallet_id = %(wallet)s::bigint
union all select uuid from ledger_lot where wallet_id = %(wallet)s::bigint
"""
