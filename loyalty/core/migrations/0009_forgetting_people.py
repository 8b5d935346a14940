"""
Let a person be forgotten in tables that are otherwise only appended to.

Inside `loyalty.forgetting = 'on'`, which one service sets for a few statements, what facts and
audit entries say may become less; which fact it was, when, about what and by whom stays refused.
"""

from django.db import migrations

ALLOW = """
drop trigger core_event_append_only on core_event;
create trigger core_event_kept before delete on core_event
    for each row execute function core_refuse_change();
create trigger core_event_append_only before update on core_event
    for each row when (
        coalesce(current_setting('loyalty.forgetting', true), '') <> 'on'
        or (
            new.id, new.uuid, new.store_id, new.type, new.subject, new.customer_id,
            new.recorded_at, new.position
        ) is distinct from (
            old.id, old.uuid, old.store_id, old.type, old.subject, old.customer_id,
            old.recorded_at, old.position
        )
        -- What is left was there before.
        or not old.payload @> new.payload
    ) execute function core_refuse_change();

drop trigger core_auditentry_append_only on core_auditentry;
create trigger core_auditentry_append_only before update on core_auditentry
    for each row when (
        coalesce(current_setting('loyalty.forgetting', true), '') <> 'on'
        or (
            new.id, new.uuid, new.store_id, new.created_at, new.event_type, new.entity_type,
            new.entity_id, new.actor_kind, new.actor_id
        ) is distinct from (
            old.id, old.uuid, old.store_id, old.created_at, old.event_type, old.entity_type,
            old.entity_id, old.actor_kind, old.actor_id
        )
        or not old.data @> new.data
    ) execute function core_refuse_change();
"""

REFUSE = """
drop trigger core_auditentry_append_only on core_auditentry;
create trigger core_auditentry_append_only before update on core_auditentry
    for each row execute function core_refuse_change();
drop trigger core_event_append_only on core_event;
drop trigger core_event_kept on core_event;
create trigger core_event_append_only before update or delete on core_event
    for each row execute function core_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0008_messages")]

    operations = [migrations.RunSQL(ALLOW, REFUSE)]
