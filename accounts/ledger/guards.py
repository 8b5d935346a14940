"""
The beginning of the statements that lock a wallet, decide and write at once.

Nearly every operation meets a wallet with nothing due, enough in it and a new key, and then needs
no answer in between: one round trip instead of five. Where a guard is not met the statement writes
nothing, and the operation goes the long way: it locks, settles, and decides in Python, which also
finds the reason for a refusal. Both ways end in the same statement.
"""

from accounts.ledger import amounts

# `locked` waits for the wallet and has its figures from after that.
_LOCKED = """
locked as (
    select b.id, b.xmin::text as version, b.wallet_id, w.uuid, w.store_id, b.point_type_id,
        b.active, b.earned, b.next_due_at, t.decimals, t.max_supply, t.is_active, t.spend_order
    from ledger_walletbalance b
    join ledger_wallet w on w.id = b.wallet_id
    join ledger_pointtype t on t.id = b.point_type_id
    where b.wallet_id = {wallet}
        and case when %(point_type)s::bigint is null
            then t.is_default else t.id = %(point_type)s::bigint end
    for update of b
), usable as (
    select locked.* from locked
    where is_active and (next_due_at is null or next_due_at > %(now)s::timestamptz)
        and scale(trim_scale(%(amount)s::numeric)) <= decimals
        and {condition}
)
"""

_WALLET = "%(wallet)s::bigint"

EARN = "with " + _LOCKED.format(
    wallet=_WALLET,
    condition="(max_supply is null or %(is_supplied)s::boolean)"
    f" and earned + %(amount)s <= {amounts.LARGEST_TOTAL}",
)

# The lots, unlike the locked row, are read as they were when the statement began. Whoever changed
# them since has changed the balance, too: its version then is not the one that was seen.
_UNCHANGED = """active >= %(amount)s and version = (
            select s.xmin::text from ledger_walletbalance s where s.id = locked.id
        )"""
DEBIT = "with " + _LOCKED.format(wallet=_WALLET, condition=_UNCHANGED)


def debit_of(wallet: str) -> str:
    """Return DEBIT as a part of a larger statement; `wallet`: what gives the wallet's number."""
    return _LOCKED.format(wallet=wallet, condition=_UNCHANGED)


# Two wallets are locked before, in their order.
TRANSFER = """
with usable as (
    select b.id, b.wallet_id, w.uuid, w.store_id, b.point_type_id, b.active, t.spend_order
    from ledger_walletbalance b
    join ledger_wallet w on w.id = b.wallet_id
    join ledger_pointtype t on t.id = b.point_type_id
    where b.wallet_id = %(wallet)s::bigint and b.point_type_id = %(point_type)s::bigint
)
"""
