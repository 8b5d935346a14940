from earning.models.executions import Evaluation, RuleExecution
from earning.models.invitations import Invitation, InvitationChannel, InvitationStatus
from earning.models.rules import (
    EVENTS_ONCE,
    LIMITED_TYPES,
    PURCHASE_TYPES,
    EarningRule,
    InclusionType,
    LimitPeriod,
    ReferralEvent,
    RewardedPerson,
    RuleType,
    StoreEvent,
)
from earning.models.uses import RuleUse

__all__ = [
    "EVENTS_ONCE",
    "LIMITED_TYPES",
    "PURCHASE_TYPES",
    "EarningRule",
    "Evaluation",
    "InclusionType",
    "Invitation",
    "InvitationChannel",
    "InvitationStatus",
    "LimitPeriod",
    "ReferralEvent",
    "RewardedPerson",
    "RuleExecution",
    "RuleType",
    "RuleUse",
    "StoreEvent",
]
