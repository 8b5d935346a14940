"""
The portal's addresses: `/portal/` for the default store, `/portal/<storeCode>/` for the others.

Their names are reserved: no store's code can be one (`stores.RESERVED_CODES`).
"""

from django.urls import re_path
from django.views.generic import RedirectView

from loyalty.portal import views

app_name = "portal"

PAGES = (
    ("", views.Home, "home"),
    ("sign-in/", views.SignIn, "sign-in"),
    ("sign-out/", views.SignOut, "sign-out"),
    ("language/", views.Language, "language"),
    ("password/", views.OwnPassword, "password"),
    # As it stands in mails; some programs that show them add a slash.
    ("activate/(?P<token>[a-zA-Z0-9_-]{1,64})/?", views.Activate, "activate"),
)

STORE = r"^(?P<store_code>[a-zA-Z0-9_-]{1,64})"

urlpatterns = [
    *(re_path(f"^{route}$", view.as_view(), name=name) for route, view, name in PAGES),
    *(
        re_path(f"{STORE}/{route}$", view.as_view(), name=f"store-{name}")
        for route, view, name in PAGES
    ),
    # As people type it.
    re_path(f"{STORE}$", RedirectView.as_view(pattern_name="portal:store-home")),
]
