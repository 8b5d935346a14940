"""The table of settings, by what they are about. Its order is that of forms and answers."""

from loyalty.core.store_settings.base import Group
from loyalty.core.store_settings.choices import (
    CUSTOMER_STATUSES,
    Channel,
    DowngradeBase,
    DowngradeMode,
    ExpiryMode,
    MarketingVendor,
    TierBasis,
)
from loyalty.core.store_settings.kinds import (
    Choice,
    Credentials,
    Flag,
    IdentifierOrder,
    TextSet,
    Whole,
    WholeOrNone,
)
from loyalty.core.store_settings.texts import (
    Address,
    Colour,
    EmailAddress,
    HeaderName,
    HeaderValue,
    Text,
    WebhookAddress,
    ZoneName,
)

# A shift, after which a till is locked however much it is used.
POS_IDLE_MINUTES_MAX = 12 * 60


class ProgramSettings(Group):
    """How the program is called, where customers read of it, and what it allows."""

    timezone = ZoneName(
        "timezone", default="Europe/Warsaw", required=True, help="Time zone of the program."
    )
    program_name = Text(
        "programName", default="Loyalty Program", required=True, help="Name of the program."
    )
    program_url = Address("programUrl", help="Address of the program's site.")
    program_conditions_url = Address("programConditionsUrl", help="Address of the conditions.")
    program_faq_url = Address("programFaqUrl", help="Address of the questions and answers.")
    program_points_singular = Text(
        "programPointsSingular", default="Point", required=True, help="Word for one point."
    )
    program_points_plural = Text(
        "programPointsPlural", default="Points", required=True, help="Word for several points."
    )
    help_email_address = EmailAddress("helpEmailAddress", help="Where customers ask for help.")

    returns = Flag("returns", default=True, help="Return documents take points back.")
    allow_customers_profile_edits = Flag(
        "allowCustomersProfileEdits", default=True, help="Customers may edit their own data."
    )


class PointsSettings(Group):
    """How long points last."""

    points_days_expiry_after = Choice(
        "pointsDaysExpiryAfter",
        default=ExpiryMode.AFTER_X_DAYS,
        required=True,
        help="How points expire.",
    )
    points_days_active_count = WholeOrNone(
        "pointsDaysActiveCount",
        default=30,
        help="Days until points expire; for after_x_days only.",
    )
    all_time_not_locked = Flag(
        "allTimeNotLocked", default=True, help="New points can be used at once."
    )
    points_days_locked = WholeOrNone(
        "pointsDaysLocked", help="Days that new points stay locked, unless allTimeNotLocked."
    )
    points_return_grace_days = Whole(
        "pointsReturnGraceDays",
        default=30,
        is_kept_when_omitted=True,
        help="Days that points given back by an undone spending are valid when their own date has "
        "passed; 0: they expire at once.",
    )


class NoticeSettings(Group):
    """How many days ahead customers are told that something expires."""

    expire_points_notification_days = Whole(
        "expirePointsNotificationDays", default=10, help="Days ahead to announce expiring points."
    )
    expire_coupons_notification_days = Whole(
        "expireCouponsNotificationDays", default=10, help="Days ahead to announce expiring coupons."
    )
    expire_levels_notification_days = Whole(
        "expireLevelsNotificationDays", default=10, help="Days ahead to announce expiring levels."
    )


class LevelSettings(Group):
    """What decides a level, and when customers fall back."""

    tier_assign_type = Choice(
        "tierAssignType",
        default=TierBasis.TRANSACTIONS,
        required=True,
        help="What decides a customer's level.",
    )
    exclude_delivery_costs_from_tier_assignment = Flag(
        "excludeDeliveryCostsFromTierAssignment",
        default=False,
        help="Delivery costs do not count for levels.",
    )
    excluded_delivery_skus = TextSet("excludedDeliverySKUs", help="SKUs that are delivery costs.")
    excluded_level_skus = TextSet("excludedLevelSKUs", help="SKUs that do not count for levels.")
    excluded_level_categories = TextSet(
        "excludedLevelCategories", help="Categories that do not count for levels."
    )
    level_downgrade_mode = Choice(
        "levelDowngradeMode",
        default=DowngradeMode.NONE,
        help="When customers fall back a level; with tier by points only.",
    )
    level_downgrade_days = WholeOrNone(
        "levelDowngradeDays", help="Days between recalculations; for after_x_days only."
    )
    level_downgrade_base = Choice(
        "levelDowngradeBase",
        default=DowngradeBase.NONE,
        help="Which points are counted; for after_x_days only.",
    )
    level_reset_points_on_downgrade = Flag(
        "levelResetPointsOnDowngrade",
        default=False,
        help="Points are reset at a recalculation; with base active_points only.",
    )


class PurchaseSettings(Group):
    """Whose purchase it is, and who earns and spends."""

    customers_identification_priority = IdentifierOrder(
        "customersIdentificationPriority",
        default=[
            {"priority": 1, "field": "email"},
            {"priority": 2, "field": "loyaltyCardNumber"},
            {"priority": 3, "field": "phone"},
        ],
        help="In which order a purchase's customer data are tried.",
    )
    customer_statuses_earning = TextSet(
        "customerStatusesEarning",
        default=["active"],
        choices=CUSTOMER_STATUSES,
        required=True,
        help="Customers of these statuses earn points.",
    )
    customer_statuses_spending = TextSet(
        "customerStatusesSpending",
        default=["active"],
        choices=CUSTOMER_STATUSES,
        required=True,
        help="Customers of these statuses may buy rewards.",
    )


class ContactSettings(Group):
    """How customers are written to."""

    preferred_communication_method = Choice(
        "preferredCommunicationMethod",
        default=Channel.EMAIL,
        required=True,
        help="How customers are written to; this decides which contact they must give.",
    )
    account_activation_required = Flag(
        "accountActivationRequired",
        default=True,
        is_kept_when_omitted=True,
        help="Customers who register themselves must confirm it.",
    )
    sms_api_token = Text("smsApiToken", is_secret=True, help="Key of the SMS gateway.")


class ServiceSettings(Group):
    """Other systems that the store talks to."""

    marketing_vendors_value = Choice(
        "marketingVendorsValue", default=MarketingVendor.NONE, help="Marketing tool to connect."
    )
    sales_manago = Credentials(
        "sales_manago",
        fields=("api_url", "api_secret", "api_key", "customer_id", "email"),
        help="Access to SALESmanago; with marketingVendorsValue sales_manago only.",
    )
    pushy_secret_key = Text("pushySecretKey", is_secret=True, help="Key of the push service.")
    webhooks = Flag("webhooks", default=False, help="Webhooks are sent.")
    uri_webhooks = WebhookAddress("uriWebhooks", help="Where webhooks go.")
    webhook_header_name = HeaderName("webhookHeaderName", help="Name of an extra webhook header.")
    webhook_header_value = HeaderValue(
        "webhookHeaderValue", is_secret=True, help="Value of that header."
    )


class TillSettings(Group):
    """How tills behave."""

    pos_idle_minutes = Whole(
        "posIdleMinutes",
        default=15,
        least=1,
        most=POS_IDLE_MINUTES_MAX,
        is_own=True,
        help="Minutes after which a till that nobody uses is locked, 1 to 720.",
    )


class LookSettings(Group):
    """What the pages look like."""

    accent_color = Colour("accentColor", help="Main colour of the cockpits.")
    css_template = Text("cssTemplate", length_max=100_000, help="Style sheet of the cockpits.")
