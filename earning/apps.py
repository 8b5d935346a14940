from django.apps import AppConfig


class EarningConfig(AppConfig):
    name = "earning"
    label = "earning"
    verbose_name = "Earning"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the room below what segments are used for here, and what brings new customers."""
        from accounts.selectors import own_data as accounts_own_data
        from accounts.selectors import segments
        from accounts.services import introductions
        from campaigns.selectors import connected_rules
        from earning import exports
        from earning.selectors import own_data, reward_rules, segment_uses
        from earning.services import referrals
        from loyalty.core.exports import kinds as export_kinds

        accounts_own_data.register_part(own_data.get_earning)
        introductions.register_attacher(referrals.attach)
        segments.register_uses(segment_uses.list_uses)
        connected_rules.register(reward_rules.list_connected, reward_rules.list_connectable)
        export_kinds.register(*exports.KINDS)
