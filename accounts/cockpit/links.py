"""Links to pages that stand above this room."""

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.cockpit.pages import Tool
from accounts.models import Customer, Seller, StaffUser
from loyalty.core.models import Store


def sign_ins_tool(kind: str, person: StaffUser | Seller | Customer) -> Tool:
    """Return the button to the page of somebody's sign-ins. `kind`: a `PrincipalKind`."""
    return Tool(_("Sign-ins"), reverse("admin:sign_ins_of", args=[kind, person.uuid]), "devices")


def till_tool(store: Store) -> Tool:
    """Return the button to a store's till, where its sellers sign in."""
    return Tool(_("Till"), reverse("pos:store-till", args=[store.code]), "point_of_sale")
