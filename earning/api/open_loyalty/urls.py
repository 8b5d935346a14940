"""Where the chapters Earning rule, Customer earning and Invitation stand, below a store's code."""

from django.urls import URLPattern, path

from earning.api.open_loyalty import invitations, views

store_urls: list[URLPattern] = [
    path("earningRule", views.EarningRules.as_view()),
    path("earningRule/qrcode/customer/<uuid:customer>", views.EarnByCode.as_view()),
    path("earningRule/geolocation/customer/<uuid:customer>", views.EarnByPlace.as_view()),
    path("earningRule/<str:rule>", views.EarningRuleDetails.as_view()),
    path("earningRule/<str:rule>/activate", views.Activate.as_view()),
    # As the reference's example prints it.
    path("earningRule/<str:rule>/active", views.Activate.as_view()),
    path("earningRule/<str:rule>/photo", views.Photo.as_view()),
    path("seller/earningRule", views.SellerEarningRules.as_view()),
    path("seller/earningRule/<str:rule>", views.SellerEarningRuleDetails.as_view()),
    path("customer/earningRule", views.CustomerEarningRules.as_view()),
    path("customer/earningRule/<str:event>", views.CustomerEarnByEvent.as_view()),
    # As the change log of release 3.1 calls it.
    path("customer/earnRule/<str:event>", views.CustomerEarnByEvent.as_view()),
    # What `usageUrl` points to.
    path("v1/earnRule/<str:event>/customer/<uuid:customer>", views.EarnByEvent.as_view()),
    path("invitations", invitations.Invitations.as_view()),
    path("invitations/invite", invitations.Invite.as_view()),
    # As the document of release 3.2 spells it.
    path("invitation/invite", invitations.Invite.as_view()),
    path("admin/analytics/referrals", invitations.Referrals.as_view()),
]

global_urls: list[URLPattern] = []
