"""
What the product's calls are measured against: the least that a Django view could do.

`bare/earn` calls the posting function once; `bare/read` runs one query. They do no more: no
sign-in, no store, no checks, no rules, no document.
"""

from decimal import Decimal

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from accounts.models import Customer
from accounts.services import points
from loyalty.urls import urlpatterns as product_urls

_customers: dict[int, Customer] = {}


@csrf_exempt
def earn(request: HttpRequest, pk: int) -> HttpResponse:
    if pk not in _customers:
        _customers[pk] = Customer.objects.select_related("store").get(pk=pk)
    lot = points.add(customer=_customers[pk], amount=Decimal("12.34"), issuer="system")
    return JsonResponse({"pointsTransferId": str(lot.uuid)})


def read(request: HttpRequest, pk: int) -> HttpResponse:
    name = Customer.objects.filter(pk=pk).values_list("first_name", flat=True).get()
    return JsonResponse({"firstName": name})


urlpatterns = [path("bare/earn/<int:pk>", earn), path("bare/read/<int:pk>", read), *product_urls]
