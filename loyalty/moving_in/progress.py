"""What a move remembers: how far it is, and what its report has to say."""

from loyalty.models import MoveIn

# How many things are named of which the same is to be said.
NAMED_MAX = 10


def go_on(move: MoveIn, name: str, place: int | str) -> None:
    """Remember where to go on with something, in the caller's transaction."""
    move.pages[name] = place
    move.save(update_fields=["pages"])


def note(move: MoveIn, sentence: str) -> None:
    """Let the report say something, once."""
    if sentence not in move.notes:
        move.notes.append(sentence)
        move.save(update_fields=["notes"])


def refuse(move: MoveIn, what: str, which: object, why: object) -> None:
    """Let the report name something that could not be moved; of many of a kind, the first."""
    kind = f"{what}: "
    named = [sentence for sentence in move.notes if sentence.startswith(kind)]
    if len(named) < NAMED_MAX:
        note(move, f"{kind}{which}: {why}")
    elif len(named) == NAMED_MAX:
        note(move, f"{kind}more could not be moved.")
