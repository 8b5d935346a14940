"""The till's addresses: `/pos/` for the default store, `/pos/<storeCode>/` for the others."""

from django.urls import re_path
from django.views.generic import RedirectView

from loyalty.pos import basket, customers, till, views, way_back

app_name = "pos"

UUID = "[0-9a-f-]{36}"
PAGES = (
    ("", till.Till, "till"),
    ("sign-in/", views.SignIn, "sign-in"),
    ("sign-out/", views.SignOut, "sign-out"),
    ("forgot/", way_back.Forgot, "forgot"),
    # As it stands in mails; some programs that show them add a slash.
    ("reset/(?P<token>[a-zA-Z0-9_-]{1,64})/?", way_back.Reset, "reset"),
    ("register/", till.Register, "register"),
    ("known/", till.Known, "known"),
    (f"customers/(?P<customer>{UUID})/", customers.CustomerPage, "customer"),
    (f"customers/(?P<customer>{UUID})/basket/", basket.Basket, "basket"),
    (f"documents/(?P<document>{UUID})/", till.DocumentPage, "document"),
)

STORE = r"^(?P<store_code>[a-zA-Z0-9_-]{1,64})"

urlpatterns = [
    *(re_path(f"^{route}$", view.as_view(), name=name) for route, view, name in PAGES),
    *(
        re_path(f"{STORE}/{route}$", view.as_view(), name=f"store-{name}")
        for route, view, name in PAGES
    ),
    # As people type it.
    re_path(f"{STORE}$", RedirectView.as_view(pattern_name="pos:store-till")),
]
