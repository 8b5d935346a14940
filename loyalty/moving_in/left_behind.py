"""What does not move, and why: for the help of the command, its report and the documentation."""

NOT_MOVED = {
    "passwords": (
        "No API tells them. `manage.py ask_for_passwords` writes to customers who have none; staff "
        "and sellers ask for one themselves, by “Forgot your password?”."
    ),
    "permanent tokens": "Only where the other server tells them; else set them anew.",
    "sessions": "Everybody signs in again.",
    "histories": (
        "The audit trail, stored events and customers' histories stay there: here they begin with "
        "the move."
    ),
    "texts of messages": (
        "They are written for the other server's templates. Ours are in use; change them in the "
        "cockpit under Messages."
    ),
    "dates of invitations": "The API does not tell them: the newcomer's registration counts.",
    "deleted customers": "Their points stay there; their purchases come without a customer.",
    "webhooks": "Address and headers move, but webhooks are off until you switch them on.",
    "analytics": "Figures are counted anew from what has moved.",
    "members of segments": "They are found anew from the segments' criteria.",
}


def lines() -> list[str]:
    return [f"{what}: {why}" for what, why in NOT_MOVED.items()]
