from earning.models.executions import Evaluation, RuleExecution
from earning.models.rules import EarningRule, InclusionType, RuleType

__all__ = ["EarningRule", "Evaluation", "InclusionType", "RuleExecution", "RuleType"]
