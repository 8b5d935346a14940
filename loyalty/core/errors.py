"""The root of every refusal that a caller can be told about."""

from collections.abc import Mapping, Sequence


class DomainError(Exception):
    """
    A refusal that is the caller's to mend, with a sentence fit for people.

    `code`: a stable word for programs. `field`: the input that it is about, in the words of the
    command's arguments; a door translates it to its own field names. None: about the whole request.
    """

    code = "refused"
    field: str | None = None

    def __init__(self, message: str = "", *, field: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip().splitlines()[0])
        if field is not None:
            self.field = field

    @property
    def message(self) -> str:
        return str(self)


class InvalidFields(DomainError):
    """The input has errors."""

    code = "invalid_fields"

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        """`errors`: what is wrong with each field, in the words of the command's arguments."""
        assert errors, "An error without a fault tells nobody anything."
        first, sentences = next(iter(errors.items()))
        super().__init__(sentences[0], field=first)
        self.errors = {field: list(texts) for field, texts in errors.items()}


class NotFound(DomainError):
    """Not Found"""

    code = "not_found"


class OfAllStores(DomainError):
    """All stores share this, so it is for those to whom all of them are open."""

    code = "of_all_stores"


class KeyReused(DomainError):
    """This idempotency key was already used for another request."""

    code = "key_reused"
