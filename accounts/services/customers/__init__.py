"""What people do with customers: register, activate, change and shut out. Source: CUS, ACT, STA."""

from accounts.services.customer_data import Changes, Registration
from accounts.services.customer_locks import CustomerAnonymized, lock
from accounts.services.customers.activating import (
    CustomerDeleted,
    NotWaiting,
    activate,
    activate_by_code,
    activate_by_token,
    deactivate,
    delete,
    resend_activation,
    resend_activation_to,
)
from accounts.services.customers.changing import (
    HasLabel,
    add_label,
    assign_pos,
    confirm_change,
    issue_temporary_password,
    update,
)
from accounts.services.customers.records import actor_of
from accounts.services.customers.registering import bring_in, register, self_register

__all__ = [
    "Changes",
    "CustomerAnonymized",
    "CustomerDeleted",
    "HasLabel",
    "NotWaiting",
    "Registration",
    "activate",
    "activate_by_code",
    "activate_by_token",
    "actor_of",
    "add_label",
    "assign_pos",
    "bring_in",
    "confirm_change",
    "deactivate",
    "delete",
    "issue_temporary_password",
    "lock",
    "register",
    "resend_activation",
    "resend_activation_to",
    "self_register",
    "update",
]
