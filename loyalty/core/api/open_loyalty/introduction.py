"""Chapter Introduction: which service and release this is."""

from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.core.api.views import PUBLIC, OpenLoyaltyView

# The release whose API is served: clients may read it.
VERSION = "4.2.0"


class Introduction(OpenLoyaltyView):
    is_global = True
    rules = {"GET": PUBLIC}

    def get(self, request: Request, **ids: str) -> Response:
        return Response({"name": "OpenLoyalty", "version": VERSION})
