"""What the audit trail says of earning rules."""

from django.utils.translation import gettext_lazy

from accounts.cockpit.trail import words
from accounts.cockpit.trail.words import Subject
from earning.models import (
    InclusionType,
    LimitPeriod,
    ReferralEvent,
    RewardedPerson,
    RuleType,
    StoreEvent,
)

words.register(
    {
        "EarningRule": Subject(
            gettext_lazy("earning rule"),
            deeds={
                "CreateEarningRule": gettext_lazy("Added an earning rule"),
                "UpdateEarningRule": gettext_lazy("Changed an earning rule"),
                "ActivateEarningRule": gettext_lazy("Activated an earning rule"),
                "DeactivateEarningRule": gettext_lazy("Deactivated an earning rule"),
                "SetEarningRulePhoto": gettext_lazy("Set an earning rule’s picture"),
                "RemoveEarningRulePhoto": gettext_lazy("Removed an earning rule’s picture"),
            },
            fields={
                "name": gettext_lazy("Name"),
                "type": gettext_lazy("Type"),
                "points_amount": gettext_lazy("Points"),
                "point_value": gettext_lazy("Points for each unit of currency"),
                "multiplier": gettext_lazy("Factor"),
                "label_multipliers": gettext_lazy("Factors by label"),
                "event_name": gettext_lazy("Event"),
                "reward_type": gettext_lazy("Points go to"),
                "reward_campaign": gettext_lazy("Reward"),
                "code": gettext_lazy("Code"),
                "latitude": gettext_lazy("Latitude"),
                "longitude": gettext_lazy("Longitude"),
                "radius": gettext_lazy("Radius in kilometres"),
                "is_active": gettext_lazy("Active"),
                "is_all_time_active": gettext_lazy("Always active"),
                "start_at": gettext_lazy("Starts"),
                "end_at": gettext_lazy("Ends"),
                "levels": gettext_lazy("Levels"),
                "segments": gettext_lazy("Segments"),
                "pos": gettext_lazy("Points of sale"),
                "min_order_value": gettext_lazy("Smallest purchase"),
                "sku_ids": gettext_lazy("Products"),
                "excluded_skus": gettext_lazy("Without the products"),
                "inclusion_type": gettext_lazy("Labels of products"),
                "included_labels": gettext_lazy("Only with the labels"),
                "excluded_labels": gettext_lazy("Without the labels"),
                "excludes_delivery_cost": gettext_lazy("Without delivery costs"),
                "limit_is_active": gettext_lazy("Limit"),
                "limit_period": gettext_lazy("Period of the limit"),
                "limit_uses": gettext_lazy("Uses in the period"),
                "is_last_executed": gettext_lazy("No rule after it"),
                "description": gettext_lazy("Description"),
                "edited_at": gettext_lazy("Last edited"),
            },
            values={
                "type": words.choices(RuleType),
                "event_name": words.choices(StoreEvent, ReferralEvent),
                "reward_type": words.choices(RewardedPerson),
                "inclusion_type": words.choices(InclusionType),
                "limit_period": words.choices(LimitPeriod),
                "points_amount": words.number,
                "point_value": words.number,
                "multiplier": words.number,
                "min_order_value": words.number,
                "radius": words.number,
            },
            references={
                "levels": "Level",
                "segments": "Segment",
                "pos": "Pos",
                "reward_campaign": "Campaign",
            },
        ),
    }
)
