"""Links to pages that stand above this room."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.cockpit import formats, rights
from accounts.cockpit.pages import Tool
from accounts.models import Customer, Resource, Seller, StaffUser
from loyalty.core.models import Store


def way_to(resource: Resource, url: str, text: object) -> SafeString:
    """Link to a page about such a resource; the mere text for whom it is closed."""
    return formats.link(url, text) if rights.opens(resource) else format_html("{}", text)


def sign_ins_tool(kind: str, person: StaffUser | Seller | Customer) -> Tool:
    """Return the button to the page of somebody's sign-ins. `kind`: a `PrincipalKind`."""
    return Tool(_("Sign-ins"), reverse("admin:sign_ins_of", args=[kind, person.uuid]), "devices")


def till_tool(store: Store) -> Tool:
    """Return the button to a store's till, where its sellers sign in."""
    return Tool(_("Till"), reverse("pos:store-till", args=[store.code]), "point_of_sale")
