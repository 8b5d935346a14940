"""The pages of the cockpit where nothing is done."""

from django.contrib import admin

Right = str  # Such as "CUSTOMER:VIEW".

# Pages where nothing is done, however they are asked for, and the rights that open them.
OWN_PAGES: dict[str, tuple[Right, ...]] = {
    "accounts_customer_events": ("CUSTOMER:VIEW", "POINT_TRANSFER:VIEW"),
    "accounts_segment_csv": ("CUSTOMER:VIEW", "SEGMENT_EXPORT:VIEW"),
    "app_list": (),
    "autocomplete": (),
    "campaigns_coupon_csv": ("CUSTOMER:VIEW", "REWARD_CAMPAIGN:VIEW"),
    "campaigns_coupon_packing": ("CUSTOMER:VIEW", "REWARD_CAMPAIGN:VIEW"),
    "core_auditentry_archive": ("AUDIT:VIEW",),
    "core_auditentry_archives": ("AUDIT:VIEW",),
    "earning_earningrule_code": ("EARNING_RULE:VIEW",),
    "export": ("CUSTOMER:VIEW",),
    "exports": ("CUSTOMER:VIEW",),
    "import": ("CUSTOMER:VIEW",),
    "import_refused": ("CUSTOMER:VIEW",),
    "index": (),
    "job": ("SETTINGS:VIEW",),
    "jobs": ("SETTINGS:VIEW",),
    "jsi18n": (),
    "languages": ("SETTINGS:VIEW",),
    "level_statistics": ("LEVEL:VIEW",),
    "many": (),
    "many_job": ("CUSTOMER:VIEW",),
    "message_preview": ("SETTINGS:VIEW",),
    "messages": ("SETTINGS:VIEW",),
    "password_change_done": (),
    "points_over_time": ("ANALYTICS:VIEW",),
    "search": (),
    "settings_history": ("SETTINGS:VIEW",),
    "simulation": ("EARNING_RULE:VIEW",),
    # Where one works is kept in the session alone.
    "switch_store": (),
    "view_on_site": (),
    "webhooks": ("SETTINGS:VIEW",),
}
# Signing in and out, and the way back in: whoever comes has no rights yet. Tested on their own.
DOORS = {"login", "logout", "password_forgot", "password_reset"}


def all_pages() -> dict[str, tuple[Right, ...]]:
    """Return the names of the addresses that do nothing, each with the rights that open it."""
    pages = dict(OWN_PAGES)
    for model, screen in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        views = ["changelist", "history", "delete"]
        # What a screen adds or edits is a deed, unless it edits elsewhere.
        views += ["add"] if screen.add_form is None else []
        views += ["change"] if screen.edit_form is None or name in EDITED_ELSEWHERE else []
        pages |= {f"{name}_{view}": (f"{screen.resource}:VIEW",) for view in views}
    return pages


# Their own page is no form.
EDITED_ELSEWHERE = {"accounts_customer", "campaigns_rewardcampaign"}
