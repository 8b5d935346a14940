"""
How a purchase becomes points: plain data in, plain data out, no database and no clock.

`compile_rules(rules)` once, then `evaluate(rule_set, context)` for each purchase.
"""

from earning.engine.compiling import RuleSet, compile_rules
from earning.engine.evaluating import POINTS_MAX, TooManyPoints, evaluate, round_points
from earning.engine.facts import Context, CustomerFacts, Label, Line, Purchase
from earning.engine.outcomes import (
    Evaluation,
    Exclusion,
    LineChange,
    LineExclusion,
    LineResult,
    Reason,
    Refusal,
    RuleOutcome,
    from_json,
    to_json,
)
from earning.engine.rules import (
    EarnByValue,
    EarnPerLine,
    Effect,
    LabelMode,
    Multiply,
    MultiplyByLabels,
    Rule,
)

__all__ = [
    "POINTS_MAX",
    "Context",
    "CustomerFacts",
    "EarnByValue",
    "EarnPerLine",
    "Effect",
    "Evaluation",
    "Exclusion",
    "Label",
    "LabelMode",
    "Line",
    "LineChange",
    "LineExclusion",
    "LineResult",
    "Multiply",
    "MultiplyByLabels",
    "Purchase",
    "Reason",
    "Refusal",
    "Rule",
    "RuleOutcome",
    "RuleSet",
    "TooManyPoints",
    "compile_rules",
    "evaluate",
    "from_json",
    "round_points",
    "to_json",
]
