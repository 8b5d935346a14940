"""Whom a rule or a reward is meant for."""

from enum import StrEnum


class Target(StrEnum):
    """Which of two lists says it: levels or segments. The other one is emptied."""

    LEVEL = "level"
    SEGMENT = "segment"
