"""A customer's download of everything that is stored about them."""

import json

from django.http import HttpRequest, HttpResponse

from accounts.authentication import ip_address_of
from accounts.services import customers, own_data
from loyalty.portal.views import Page


class OwnData(Page):
    """A file; whoever is signed in gets their own. Asked for by a button, as it is written down."""

    def post(self, request: HttpRequest) -> HttpResponse:
        if self.customer is None:
            return self.go("sign-in")
        actor = customers.actor_of(self.customer, ip_address=ip_address_of(request))
        document = own_data.hand_over(customer=self.customer, actor=actor)
        response = HttpResponse(
            json.dumps(document, ensure_ascii=False, indent=1), content_type="application/json"
        )
        response["Content-Disposition"] = 'attachment; filename="my-data.json"'
        return response

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.go("home")
