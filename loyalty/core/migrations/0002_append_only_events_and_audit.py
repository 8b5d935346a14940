"""Facts and audit entries are appended: the database itself refuses to change or delete them."""

from django.db import migrations

REFUSE = """
create function core_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: % refused', tg_table_name, tg_op
        using errcode = 'restrict_violation';
end $$;

create trigger core_event_append_only before update or delete on core_event
    for each row execute function core_refuse_change();

-- The archive moves old entries into a file, and says so.
create trigger core_auditentry_append_only before update on core_auditentry
    for each row execute function core_refuse_change();
create trigger core_auditentry_kept before delete on core_auditentry
    for each row when (coalesce(current_setting('loyalty.archiving', true), '') <> 'on')
    execute function core_refuse_change();
"""

ALLOW = """
drop trigger core_auditentry_kept on core_auditentry;
drop trigger core_auditentry_append_only on core_auditentry;
drop trigger core_event_append_only on core_event;
drop function core_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
