"""Forget who bought, and keep what was bought. Source: campaigns-people spec 8.3."""

from django.db.models import Q

from accounts.models import Customer
from loyalty.core.models import Event
from loyalty.core.services import forgetting
from transactions.models import Transaction


def forget_buyer(event: Event) -> None:
    """
    Take a customer out of purchase documents, in the transaction that forgets them.

    Out of their own, and of those without a customer that name them by e-mail, phone or card.
    """
    assert event.customer_id is not None
    customer = Customer.objects.select_related("store").get(pk=event.customer_id)
    Transaction.objects.filter(customer=customer).exclude(customer_data={}).update(customer_data={})
    if (same := _named(customer)) is None:
        return
    unmatched = Transaction.objects.in_store(customer.store).filter(customer=None)
    found = list(unmatched.filter(same).values_list("pk", "uuid"))
    Transaction.objects.filter(pk__in=[pk for pk, _ in found]).update(customer_data={})
    for _, uuid in found:
        forgetting.forget_deliveries(store=customer.store, person=uuid, customer_id=None)


def _named(customer: Customer) -> Q | None:
    """Return the condition that a document names a customer; None: they have nothing to name."""
    names = {
        "email": customer.email,
        "phone": customer.phone,
        "loyaltyCardNumber": customer.loyalty_card_number,
    }
    condition = Q()
    for key, value in names.items():
        if value:
            condition |= Q(**{f"customer_data__{key}__iexact": value})
    return condition or None
