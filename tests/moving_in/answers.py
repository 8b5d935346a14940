"""A server that is asked without a network: what it answers to each path."""

from collections.abc import Mapping
from typing import Any

from loyalty.moving_in.source import Answer, NotThere, Source


class Answers(Source):
    """`answers`: by path, an object, a function of the query, or a file. Else there is nothing."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        super().__init__("http://there.example", "token", sleep=lambda _seconds: None)
        self.answers = answers
        self.asked: list[str] = []

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        self.asked.append(path)
        if path not in self.answers:
            raise NotThere(path)
        told = self.answers[path]
        return told(query or {}) if callable(told) else told

    def get_file(self, path: str) -> Answer | None:
        self.asked.append(path)
        return self.answers.get(path)
