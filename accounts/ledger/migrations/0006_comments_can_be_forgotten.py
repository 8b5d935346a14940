"""
Let the comments of a person's postings be emptied when the person is forgotten.

Only inside `loyalty.forgetting = 'on'`, which `loyalty.core.services.forgetting` sets, and nothing
but the comment, and only to an empty one: whatever counts stays refused as before.
"""

from django.db import migrations

# Everything about a posting but its status, its captured amount and its comment.
_OWN = """(
            {row}.id, {row}.uuid, {row}.store_id, {row}.point_type_id, {row}.from_wallet_id,
            {row}.to_wallet_id, {row}.kind, {row}.amount, {row}.requested_amount,
            {row}.system_unique_key, {row}.issuer, {row}.effective_at, {row}.created_at,
            {row}.transaction_uuid, {row}.revised_transaction_uuid, {row}.invitation_uuid,
            {row}.reverts_id, {row}.lot_id
        )"""
_MOVES = """(
            (old.status = 'held' and new.status = 'captured' and old.captured_amount is null)
            or (old.status = 'held' and new.status = 'released' and new.captured_amount is null)
            or (old.status = 'captured' and new.status = 'reverted'
                and new.captured_amount = old.captured_amount)
        )"""
_FORGETS = """(
            new.comment = '' and new.status = old.status
            and new.captured_amount is not distinct from old.captured_amount
            and coalesce(current_setting('loyalty.forgetting', true), '') = 'on'
        )"""

TRIGGER = f"""
drop trigger ledger_posting_append_only on ledger_posting;
create trigger ledger_posting_append_only before update on ledger_posting
    for each row when (
        not (({_MOVES} and new.comment = old.comment) or {_FORGETS})
        or {_OWN.format(row="new")} is distinct from {_OWN.format(row="old")}
    ) execute function ledger_refuse();
"""
TRIGGER_BEFORE = f"""
drop trigger ledger_posting_append_only on ledger_posting;
create trigger ledger_posting_append_only before update on ledger_posting
    for each row when (
        not {_MOVES} or new.comment <> old.comment
        or {_OWN.format(row="new")} is distinct from {_OWN.format(row="old")}
    ) execute function ledger_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_rows_of_their_own_without_foreign_keys")]

    operations = [migrations.RunSQL(TRIGGER, TRIGGER_BEFORE)]
