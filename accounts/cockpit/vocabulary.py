"""
The words that models call their states and themselves by, where the tool that collects texts for
translation finds them. Screens translate them when they show them: `word(…)`.
"""

from django.utils.text import capfirst
from django.utils.translation import get_language_info, gettext, gettext_noop


def word(text: object) -> str:
    """Return a model's word in the language of the person who looks."""
    return gettext(str(text)) if str(text) else ""


def words_of_deed(name: str) -> str:
    """Return `RegisterCustomer` as people read it: Register customer."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return words.strip().capitalize()


def language_name(code: str) -> str:
    """Return the name of a language in the reader's own; empty: there is no such language."""
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return ""


def in_language(label: str, language: str) -> str:
    """Return what a text in one of the languages is called: “Name (Polish)”."""
    return gettext("%(field)s (%(language)s)") % {"field": label, "language": language}


def column_word(field: str, verbose_name: object) -> str:
    """Return how the column of a model's field is headed."""
    return word(COLUMNS.get(field) or capfirst(str(verbose_name)))


def filter_word(field: str, title: object) -> str:
    """Return what the filter of a model's field asks for, as it stands after “By”."""
    return word(FILTERS.get(field, title))


# Where a field has another name than its column.
COLUMNS = {
    "code": gettext_noop("Code"),
    "currency": gettext_noop("Currency"),
    "email": gettext_noop("E-mail"),
    "identifier": gettext_noop("Identifier"),
    "key": gettext_noop("Key"),
    "name": gettext_noop("Name"),
    "phone": gettext_noop("Phone"),
    "pos": gettext_noop("Point of sale"),
    "type": gettext_noop("Type"),
}
FILTERS = {
    "active_since": gettext_noop("first day of use"),
    "active_to": gettext_noop("last day of use"),
    "agreement2": gettext_noop("agreement to marketing"),
    "campaign": gettext_noop("reward"),
    "campaign_type": gettext_noop("type of reward"),
    "channel": gettext_noop("channel"),
    "created_at": gettext_noop("day of creation"),
    "delivery_status": gettext_noop("delivery"),
    "document_type": gettext_noop("type of document"),
    "expires_at": gettext_noop("day of expiry"),
    "gender": gettext_noop("gender"),
    "gross_value": gettext_noop("amount"),
    "is_active": gettext_noop("being active"),
    "is_external": gettext_noop("being an integration"),
    "is_featured": gettext_noop("being featured"),
    "is_public": gettext_noop("being public"),
    "is_used": gettext_noop("being used"),
    "issuer": gettext_noop("who moved them"),
    "kind": gettext_noop("kind"),
    "last_transaction_at": gettext_noop("day of the last purchase"),
    "level": gettext_noop("level"),
    "pos": gettext_noop("point of sale"),
    "purchased_at": gettext_noop("day of purchase"),
    "recorded_at": gettext_noop("day"),
    "roles": gettext_noop("role"),
    "state": gettext_noop("state"),
    "status": gettext_noop("state"),
    "transactions_amount": gettext_noop("amount spent"),
    "transactions_count": gettext_noop("number of purchases"),
    "type": gettext_noop("type"),
    "used_at": gettext_noop("day of use"),
    "value": gettext_noop("number of points"),
}
# The theme's own, which it brings in English only.
THEME = (
    gettext_noop("Apply Filters"),
    gettext_noop("Clear all filters"),
    gettext_noop("Dark"),
    gettext_noop("Light"),
    gettext_noop("No recent searches"),
    gettext_noop("Run"),
    gettext_noop("Run the selected action"),
    # Django's Polish takes the objects' name, which the page has in English only.
    gettext_noop("Select all %(total_count)s %(module_name)s"),
    gettext_noop("Select all rows"),
    gettext_noop("Select record"),
    gettext_noop("Type to search"),
)
WORDS = (
    # Models
    gettext_noop("customer"),
    gettext_noop("customers"),
    gettext_noop("level"),
    gettext_noop("levels"),
    gettext_noop("segment"),
    gettext_noop("segments"),
    gettext_noop("seller"),
    gettext_noop("sellers"),
    gettext_noop("point of sale"),
    gettext_noop("points of sale"),
    gettext_noop("staff user"),
    gettext_noop("staff users"),
    gettext_noop("role"),
    gettext_noop("roles"),
    gettext_noop("points transfer"),
    gettext_noop("points transfers"),
    gettext_noop("posting"),
    gettext_noop("postings"),
    gettext_noop("lot"),
    gettext_noop("lots"),
    gettext_noop("point type"),
    gettext_noop("point types"),
    gettext_noop("earning rule"),
    gettext_noop("earning rules"),
    gettext_noop("transaction"),
    gettext_noop("transactions"),
    gettext_noop("store"),
    gettext_noop("stores"),
    gettext_noop("audit entry"),
    gettext_noop("audit entries"),
    gettext_noop("event"),
    gettext_noop("events"),
    gettext_noop("sent message"),
    gettext_noop("sent messages"),
    gettext_noop("Being sent"),
    gettext_noop("Sent"),
    gettext_noop("No longer wanted"),
    gettext_noop("Interrupted"),
    gettext_noop("webhook delivery"),
    gettext_noop("webhook deliveries"),
    # States and kinds
    gettext_noop("New"),
    gettext_noop("Active"),
    gettext_noop("Blocked"),
    gettext_noop("Deleted"),
    gettext_noop("No card"),
    gettext_noop("Card sent"),
    gettext_noop("With card"),
    gettext_noop("Male"),
    gettext_noop("Female"),
    gettext_noop("Not disclosed"),
    gettext_noop("Registration"),
    gettext_noop("Purchase"),
    gettext_noop("Return"),
    gettext_noop("Assigned by hand"),
    gettext_noop("Assignment by hand removed"),
    gettext_noop("Recalculation"),
    gettext_noop("Earn"),
    gettext_noop("Spend"),
    gettext_noop("Transfer"),
    gettext_noop("Hold"),
    gettext_noop("Revert"),
    gettext_noop("Take back"),
    gettext_noop("Held"),
    gettext_noop("Released"),
    gettext_noop("Reverted"),
    gettext_noop("System"),
    gettext_noop("Staff"),
    gettext_noop("API"),
    gettext_noop("Internal"),
    gettext_noop("Earned"),
    gettext_noop("Received from a customer"),
    gettext_noop("Given back"),
    gettext_noop("Pending"),
    gettext_noop("Waiting"),
    gettext_noop("Delivered"),
    gettext_noop("Failed"),
    gettext_noop("Reserved"),
    gettext_noop("Consumed"),
    gettext_noop("Returned"),
    gettext_noop("Issuance"),
    gettext_noop("Redemption"),
    gettext_noop("Expiry"),
    gettext_noop("Adjustment"),
    gettext_noop("Oldest first"),
    gettext_noop("Soonest expiring first"),
    gettext_noop("Added"),
    gettext_noop("Sent"),
    gettext_noop("Sale"),
    # Rights
    gettext_noop("Utilities"),
    gettext_noop("Reward campaigns"),
    gettext_noop("POS"),
    gettext_noop("Merchants"),
    gettext_noop("Analytics"),
    gettext_noop("Audit"),
    gettext_noop("Admin users"),
    gettext_noop("View"),
    gettext_noop("Modify"),
    # Earning rules beside purchases
    gettext_noop("Custom event"),
    gettext_noop("QR code"),
    gettext_noop("Geolocation"),
    gettext_noop("Customer referral"),
    gettext_noop("Instant reward"),
    gettext_noop("Account created"),
    gettext_noop("Customer logged in"),
    gettext_noop("First purchase"),
    gettext_noop("Newsletter subscription"),
    gettext_noop("Every purchase"),
    gettext_noop("Referred"),
    gettext_noop("Referrer"),
    gettext_noop("Both"),
    gettext_noop("1 day"),
    gettext_noop("1 week"),
    gettext_noop("1 month"),
    gettext_noop("3 months"),
    gettext_noop("6 months"),
    gettext_noop("1 year"),
    gettext_noop("Forever"),
)
