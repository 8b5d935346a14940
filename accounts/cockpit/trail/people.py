"""What the trail says of people, their levels and their points."""

from typing import Any

from django.utils.translation import gettext_lazy

from accounts.cockpit import criteria
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.trail import words
from accounts.cockpit.trail.words import Subject
from accounts.cockpit.vocabulary import word
from accounts.models import Access, CustomerStatus, Gender, Resource

OF_CUSTOMER = {
    "level_id": "Level",
    "level": "Level",
    "pos_id": "Pos",
    "pos": "Pos",
    "seller": "Seller",
    "segment_id": "Segment",
}
_SIGN_IN = {"ended": gettext_lazy("Sessions that ended")}


def permission(value: Any) -> str:
    """Write a right, which is kept as `CUSTOMER:VIEW`."""
    resource, _, access = str(value).partition(":")
    if resource not in Resource.values or access not in Access.values:
        return str(value)
    return f"{word(Resource(resource).label)}: {word(Access(access).label)}"


def criteria_writer(request: CockpitRequest) -> words.Show:
    """Return what says in a sentence who is in a segment, from the criteria in its entry."""
    known = criteria.Words.of(request.store)

    def write(parts: Any) -> str:
        try:
            return criteria.summary_of([{"criteria": part} for part in parts], known)
        except (LookupError, TypeError, ValueError, ArithmeticError):
            # Other programs write entries, too, and of criteria that are no more there is no word.
            return str(parts)

    return write


words.register(
    {
        "Customer": Subject(
            gettext_lazy("customer"),
            deeds={
                "RegisterCustomer": gettext_lazy("Registered a customer"),
                "UpdateCustomerDetails": gettext_lazy("Changed a customer’s data"),
                "AgreementsUpdated": gettext_lazy("Changed a customer’s agreements"),
                "ActivateCustomer": gettext_lazy("Activated a customer"),
                "DeactivateCustomer": gettext_lazy("Blocked a customer"),
                "DeleteCustomer": gettext_lazy("Deleted a customer"),
                "AnonymizeCustomer": gettext_lazy("Anonymised a customer"),
                "DownloadCustomerData": gettext_lazy("Downloaded a customer’s data"),
                "ResendActivation": gettext_lazy("Sent the activation once more"),
                "IssueTemporaryPassword": gettext_lazy("Issued a temporary password"),
                "AssignPosToCustomer": gettext_lazy("Tied a customer to a point of sale"),
                "AddCustomerToSegment": gettext_lazy("Added a customer to a segment’s list"),
                "MoveCustomerToLevel": gettext_lazy("Put a customer into a level by hand"),
                "RemoveManuallyAssignedLevel": gettext_lazy("Set a level back to automatic"),
                "SetCustomerAvatar": gettext_lazy("Set a customer’s picture"),
                "RemoveCustomerAvatar": gettext_lazy("Removed a customer’s picture"),
                "AddPushyToken": gettext_lazy("Added a device for push messages"),
                "RemovePushyToken": gettext_lazy("Removed a device for push messages"),
                "ReportOccasion": gettext_lazy("Reported an event of a customer"),
            },
            fields={
                "firstName": gettext_lazy("First name"),
                "lastName": gettext_lazy("Last name"),
                "email": gettext_lazy("E-mail"),
                "phone": gettext_lazy("Phone"),
                "loyalty_card_number": gettext_lazy("Loyalty card"),
                "gender": gettext_lazy("Gender"),
                "birth_date": gettext_lazy("Birth date"),
                "level_id": gettext_lazy("Level"),
                "segment_id": gettext_lazy("Segment"),
                "company": gettext_lazy("Company"),
                "nip": gettext_lazy("Tax number"),
                "agreement1": gettext_lazy("Agreement to the terms"),
                "agreement2": gettext_lazy("Agreement to marketing"),
                "agreement3": gettext_lazy("Agreement to data processing"),
                "occasion": gettext_lazy("Event"),
                **_SIGN_IN,
            },
            values={
                "gender": words.choices(Gender),
                "status": words.choices(CustomerStatus),
                "points": words.number,
            },
            references=OF_CUSTOMER,
        ),
        "Level": Subject(
            gettext_lazy("level"),
            deeds={
                "CreateLevel": gettext_lazy("Added a level"),
                "UpdateLevel": gettext_lazy("Changed a level"),
                "ActivateLevel": gettext_lazy("Activated a level"),
                "DeactivateLevel": gettext_lazy("Deactivated a level"),
                "SetLevelPhoto": gettext_lazy("Set a level’s picture"),
                "RemoveLevelPhoto": gettext_lazy("Removed a level’s picture"),
            },
            fields={
                "name": gettext_lazy("Name"),
                "conditionValue": gettext_lazy("Reached from"),
                "minOrder": gettext_lazy("Smallest purchase"),
                "reward.name": gettext_lazy("Name of the discount"),
                "reward.value": gettext_lazy("Discount"),
                "reward.code": gettext_lazy("Code of the discount"),
                "specialRewards": gettext_lazy("Special reward"),
                "value": gettext_lazy("Discount"),
                "start_at": gettext_lazy("Starts"),
                "end_at": gettext_lazy("Ends"),
            },
            values={
                "condition_value": words.number,
                "min_order": words.number,
                "reward.value": words.share,
                "value": words.share,
            },
        ),
        "Segment": Subject(
            gettext_lazy("segment"),
            deeds={
                "CreateSegment": gettext_lazy("Added a segment"),
                "UpdateSegment": gettext_lazy("Changed a segment"),
                "ActivateSegment": gettext_lazy("Activated a segment"),
                "DeactivateSegment": gettext_lazy("Deactivated a segment"),
                "DeleteSegment": gettext_lazy("Deleted a segment"),
            },
            fields={"name": gettext_lazy("Name"), "parts": gettext_lazy("Criteria")},
            prepared={"parts": criteria_writer},
        ),
        "Pos": Subject(
            gettext_lazy("point of sale"),
            deeds={
                "CreatePos": gettext_lazy("Added a point of sale"),
                "UpdatePos": gettext_lazy("Changed a point of sale"),
            },
        ),
        "Seller": Subject(
            gettext_lazy("seller"),
            deeds={
                "RegisterSeller": gettext_lazy("Added a seller"),
                "UpdateSeller": gettext_lazy("Changed a seller"),
                "ActivateSeller": gettext_lazy("Activated a seller"),
                "DeactivateSeller": gettext_lazy("Deactivated a seller"),
                "DeleteSeller": gettext_lazy("Deleted a seller"),
            },
            fields={
                "allowPointTransfer": gettext_lazy("May move points"),
                "deleted": gettext_lazy("Deleted"),
                **_SIGN_IN,
            },
            references={"pos_id": "Pos"},
        ),
        "Admin": Subject(
            gettext_lazy("staff user"),
            deeds={
                "CreateAdmin": gettext_lazy("Added a staff user"),
                "UpdateAdmin": gettext_lazy("Changed a staff user"),
                "ChangeOwnPassword": gettext_lazy("Changed their own password"),
                "EndSessions": gettext_lazy("Ended sign-ins"),
            },
            fields={
                "roles": gettext_lazy("Roles"),
                "stores": gettext_lazy("Stores"),
                "external": gettext_lazy("Integration"),
                "fromDirectory": gettext_lazy("From the directory"),
                "apiKey": gettext_lazy("API key"),
                **_SIGN_IN,
            },
        ),
        "Role": Subject(
            gettext_lazy("role"),
            deeds={
                "CreateRole": gettext_lazy("Added a role"),
                "UpdateRole": gettext_lazy("Changed a role"),
                "DeleteRole": gettext_lazy("Deleted a role"),
            },
            fields={
                "name": gettext_lazy("Name"),
                "permissions": gettext_lazy("Rights"),
                "default": gettext_lazy("For new staff users"),
            },
            values={"permissions": permission},
        ),
        "PointsTransfer": Subject(
            gettext_lazy("points transfer"),
            deeds={
                "AddPoints": gettext_lazy("Added points"),
                "SpendPoints": gettext_lazy("Spent points"),
                "BlockPoints": gettext_lazy("Blocked points"),
                "UnblockPoints": gettext_lazy("Unblocked points"),
                "TransferPoints": gettext_lazy("Sent points to another customer"),
                "CancelPoints": gettext_lazy("Cancelled points"),
                "RevertPoints": gettext_lazy("Took a transfer back"),
                "ActivatePoints": gettext_lazy("Activated points at once"),
                "ExpirePoints": gettext_lazy("Let points expire at once"),
            },
            fields={"customerId": gettext_lazy("Customer"), "points": gettext_lazy("Points")},
            values={"points": words.number},
            references={"customer_id": "Customer"},
        ),
        "PasswordReset": Subject(
            gettext_lazy("new password"),
            deeds={
                "RequestPasswordReset": gettext_lazy("Asked for a new password"),
                "ResetPassword": gettext_lazy("Set a forgotten password anew"),
            },
        ),
        "User": Subject(
            gettext_lazy("sign-in over the API"),
            deeds={
                "AuthenticationSuccess": gettext_lazy("Signed in"),
                "AuthenticationFailure": gettext_lazy("Failed to sign in"),
            },
        ),
        "Cockpit": Subject(gettext_lazy("sign-in to the cockpit")),
    }
)
