"""
The portal's addresses: `/portal/` for the default store, `/portal/<storeCode>/` for the others.

Their names are reserved: no store's code can be one (`stores.RESERVED_CODES`).
"""

from django.urls import re_path
from django.views.generic import RedirectView

from loyalty.portal import (
    claim,
    earn,
    friends,
    history,
    own_data,
    profile,
    rewards,
    send,
    signed_in,
    views,
    way_back,
)

app_name = "portal"

PAGES = (
    ("", views.Home, "home"),
    ("sign-in/", views.SignIn, "sign-in"),
    ("sign-out/", views.SignOut, "sign-out"),
    ("language/", views.Language, "language"),
    ("password/", views.OwnPassword, "password"),
    ("profile/", profile.Profile, "profile"),
    ("signed-in/", signed_in.SignedIn, "signed-in"),
    ("forgot/", way_back.Forgot, "forgot"),
    ("reset/", way_back.Reset, "reset-code"),
    ("reset/(?P<token>[a-zA-Z0-9_-]{1,64})/?", way_back.Reset, "reset"),
    # As it stands in mails; some programs that show them add a slash.
    ("activate/(?P<token>[a-zA-Z0-9_-]{1,64})/?", views.Activate, "activate"),
    ("my-data/", own_data.OwnData, "my-data"),
    ("claim/", claim.Claim, "claim"),
    ("earn/", earn.Earn, "earn"),
    ("points/", history.Points, "points"),
    ("purchases/", history.Purchases, "purchases"),
    ("purchases/(?P<document>[0-9a-f-]{36})/", history.Purchase, "purchase"),
    ("rewards/", rewards.Rewards, "rewards"),
    ("rewards/(?P<reward>[0-9a-f-]{36})/", rewards.Buy, "reward"),
    ("coupons/", rewards.Coupons, "coupons"),
    ("coupons/(?P<coupon>[0-9a-f-]{36})/", rewards.Use, "coupon"),
    ("cashback/", rewards.Cashback, "cashback"),
    ("send/", send.Send, "send"),
    ("invite/", friends.Invite, "invite"),
    ("join/", friends.Join, "join-us"),
    ("join/(?P<token>[a-zA-Z0-9_-]{1,64})/?", friends.Join, "join"),
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
