"""
The forms of the chapter Transactions: for the OpenAPI document, and for the layout of refusals.

The two that tills call all day are read by hand (see `reading`), in these same words.
"""

from typing import Any

from rest_framework import serializers

from loyalty.core.api.forms import Amount, DateTime, Form
from transactions.models import DocumentType
from transactions.services.documents import Label


class LabelForm(Form):
    key = serializers.CharField(max_length=255)
    value = serializers.CharField(max_length=255)


class SkuForm(Form):
    code = serializers.CharField(max_length=255, help_text="SKU of the item")


class ItemForm(Form):
    sku = SkuForm()
    name = serializers.CharField(max_length=255)
    quantity = Amount(decimal_places=4, help_text="how many, above zero")
    grossValue = Amount(help_text="gross value of the line, with its quantity")
    category = serializers.CharField(max_length=255)
    maker = serializers.CharField(max_length=255, required=False, allow_blank=True)
    labels = LabelForm(many=True, required=False)


class AddressForm(Form):
    street = serializers.CharField(max_length=255, required=False, allow_blank=True)
    address1 = serializers.CharField(max_length=255, required=False, allow_blank=True)
    postal = serializers.CharField(max_length=255, required=False, allow_blank=True)
    city = serializers.CharField(max_length=255, required=False, allow_blank=True)
    province = serializers.CharField(max_length=255, required=False, allow_blank=True)
    country = serializers.CharField(max_length=255, required=False, allow_blank=True)


class CustomerDataForm(Form):
    name = serializers.CharField(max_length=255)
    email = serializers.CharField(
        max_length=255, required=False, help_text="finds the customer, as phone and card do"
    )
    phone = serializers.CharField(max_length=255, required=False)
    loyaltyCardNumber = serializers.CharField(max_length=255, required=False)
    nip = serializers.CharField(max_length=255, required=False, help_text="tax number")
    address = AddressForm(required=False)


class TransactionDataForm(Form):
    documentType = serializers.ChoiceField(DocumentType.choices, required=False, default="sell")
    documentNumber = serializers.CharField(max_length=255, help_text="unique in the store")
    purchaseDate = DateTime(required=False, help_text="now where it is left out")
    purchasePlace = serializers.CharField(max_length=255, required=False)


class RegisterForm(Form):
    transactionData = TransactionDataForm()
    revisedDocument = serializers.CharField(
        max_length=255, required=False, help_text="returns only: number of the sale"
    )
    items = ItemForm(many=True)
    customerData = CustomerDataForm()
    pos = serializers.UUIDField(required=False, help_text="id of the point of sale")
    labels = LabelForm(many=True, required=False)


class SimulatedCustomerForm(CustomerDataForm):
    name = serializers.CharField(max_length=255, required=False)


class SimulateForm(Form):
    items = ItemForm(many=True)
    purchaseDate = DateTime()
    customerData = SimulatedCustomerForm(required=False)


class AssignForm(Form):
    transactionDocumentNumber = serializers.CharField(max_length=255, source="document_number")
    customerId = serializers.UUIDField(required=False, source="customer_uuid")
    customerLoyaltyCardNumber = serializers.CharField(
        max_length=255, required=False, source="loyalty_card_number"
    )
    customerPhoneNumber = serializers.CharField(max_length=255, required=False, source="phone")


class ClaimForm(Form):
    """Only the document number counts; the reference prints the others to be ignored."""

    transactionDocumentNumber = serializers.CharField(max_length=255, source="document_number")


class ReplaceLabelsForm(Form):
    transactionId = serializers.UUIDField(source="transaction_uuid")
    labels = LabelForm(many=True, required=False)

    def to_internal_value(self, data: Any) -> Any:
        # The reference's table says `labels`, its example `label`: both are understood.
        if isinstance(data, dict) and "label" in data and "labels" not in data:
            data = {**data, "labels": data["label"]}
        return super().to_internal_value(data)


class AppendLabelsForm(Form):
    transactionDocumentNumber = serializers.CharField(max_length=255, source="document_number")
    labels = LabelForm(many=True, required=False)


class LabelsForm(Form):
    labels = LabelForm(many=True)


def labels_of(values: dict[str, Any]) -> tuple[Label, ...]:
    """Return the labels of a checked form."""
    return tuple(Label(key=one["key"], value=one["value"]) for one in values.get("labels", ()))
