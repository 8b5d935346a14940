"""
How purchases and occasions become points: plain data in and out, no database and no clock.

`compile_rules(rules)` once, then `evaluate(rule_set, context)` for each purchase;
`compile_occasions` and `evaluate_occasion` for events, codes and places.
"""

from earning.engine.compiling import RuleSet, compile_rules
from earning.engine.evaluating import POINTS_MAX, TooManyPoints, evaluate, round_points
from earning.engine.facts import (
    Context,
    CustomerFacts,
    Happening,
    Label,
    Line,
    Occasion,
    OccasionContext,
    Presence,
    Purchase,
    Scan,
)
from earning.engine.occasions import OccasionSet, compile_occasions, evaluate_occasion
from earning.engine.outcomes import (
    Evaluation,
    Exclusion,
    LineChange,
    LineExclusion,
    LineResult,
    OccasionEvaluation,
    Reason,
    Refusal,
    RuleOutcome,
    from_json,
    to_json,
)
from earning.engine.rules import (
    EarnByCode,
    EarnByValue,
    EarnNearby,
    EarnOnEvent,
    EarnPerLine,
    Effect,
    Grant,
    LabelMode,
    Limit,
    Multiply,
    MultiplyByLabels,
    OccasionRule,
    Rule,
    Scope,
)
from earning.engine.windows import Period, start_of

__all__ = [
    "POINTS_MAX",
    "Context",
    "CustomerFacts",
    "EarnByCode",
    "EarnByValue",
    "EarnNearby",
    "EarnOnEvent",
    "EarnPerLine",
    "Effect",
    "Evaluation",
    "Exclusion",
    "Grant",
    "Happening",
    "Label",
    "LabelMode",
    "Limit",
    "Line",
    "LineChange",
    "LineExclusion",
    "LineResult",
    "Multiply",
    "MultiplyByLabels",
    "Occasion",
    "OccasionContext",
    "OccasionEvaluation",
    "OccasionRule",
    "OccasionSet",
    "Period",
    "Presence",
    "Purchase",
    "Reason",
    "Refusal",
    "Rule",
    "RuleOutcome",
    "RuleSet",
    "Scan",
    "Scope",
    "TooManyPoints",
    "compile_occasions",
    "compile_rules",
    "evaluate",
    "evaluate_occasion",
    "from_json",
    "round_points",
    "start_of",
    "to_json",
]
