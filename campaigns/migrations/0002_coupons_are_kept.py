"""Coupons are never deleted, and what was true when they were bought stays (CPN-7, BUY-10)."""

from django.db import migrations

KEEP = """
create function campaigns_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '%: % refused', tg_table_name, tg_op using errcode = 'restrict_violation';
end $$;

create trigger campaigns_coupon_kept before delete on campaigns_coupon
    for each row execute function campaigns_refuse_change();
create trigger campaigns_coupon_as_bought before update of
    store_id, campaign_id, customer_id, code, origin, purchased_at, campaign_type, campaign_name,
    tax_price_value, points_after on campaigns_coupon
    for each row execute function campaigns_refuse_change();
"""
LOSE = """
drop trigger campaigns_coupon_as_bought on campaigns_coupon;
drop trigger campaigns_coupon_kept on campaigns_coupon;
drop function campaigns_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_reward_campaigns")]

    operations = [migrations.RunSQL(KEEP, LOSE)]
