"""
Limited point types: how much issuance can still give out.

Loyalty's usual point type is unlimited; its issuance wallet just goes negative, and nobody
locks it. A limited one keeps what is left in a balance row of the issuance wallet, and every earn
locks it, after the customers' wallets.
"""

from decimal import Decimal
from typing import Any, NoReturn

from accounts.ledger import sql
from accounts.ledger.errors import SupplyExhausted
from accounts.ledger.wallets import LockedBalance


def take(balance: LockedBalance, amount: Decimal) -> bool:
    """Take `amount` from what issuance has left; False where it has less. Locks the issuance."""
    return bool(sql.rows(TAKE, _arguments(balance) | {"amount": amount}))


def give_back(balance: LockedBalance, amount: Decimal) -> None:
    """Return to issuance what a cancel, a take-back or a revert brings back."""
    if balance.max_supply is not None and amount:
        [_] = sql.rows(GIVE_BACK, _arguments(balance) | {"amount": amount})


def refuse(balance: LockedBalance) -> NoReturn:
    raise SupplyExhausted


def _arguments(balance: LockedBalance) -> dict[str, Any]:
    return {"store": balance.store_id, "type": balance.point_type_id}


_ISSUANCE = """
where point_type_id = %(type)s and wallet_id = (
    select id from ledger_wallet where store_id = %(store)s and kind = 'issuance'
)
"""

TAKE = f"""
update ledger_walletbalance set active = active - %(amount)s
{_ISSUANCE} and active >= %(amount)s
returning id
"""  # noqa: S608  # parts of our own

GIVE_BACK = f"""
update ledger_walletbalance set active = active + %(amount)s
{_ISSUANCE}
returning id
"""  # noqa: S608  # parts of our own
