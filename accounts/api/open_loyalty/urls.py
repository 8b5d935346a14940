"""Where the people's chapters stand. `store_urls`: below a store's code; `global_urls`: not."""

from django.urls import URLPattern, path

from accounts.api.open_loyalty import (
    passwords,
    people_urls,
    roles,
    segment_urls,
    sessions,
    signin,
    staff,
    transfer_urls,
)

store_urls: list[URLPattern] = [
    path("customer/login_check", signin.CustomerSignIn.as_view()),
    path("seller/login_check", signin.SellerSignIn.as_view()),
    path("customer/password/reset/request", passwords.CustomerRequest.as_view()),
    path("customer/password/change", passwords.CustomerChange.as_view()),
    path("admin/password/change", passwords.StaffChange.as_view()),
    path("seller/password/change", passwords.SellerChange.as_view()),
    path("customer/<uuid:customer>/sessions", sessions.CustomerSessions.as_view()),
    path("customer/<uuid:customer>/sessions/<uuid:session>", sessions.CustomerSessions.as_view()),
    path("seller/<uuid:seller>/sessions", sessions.SellerSessions.as_view()),
    path("seller/<uuid:seller>/sessions/<uuid:session>", sessions.SellerSessions.as_view()),
    *people_urls.store_urls,
    *segment_urls.store_urls,
    *transfer_urls.store_urls,
]

global_urls: list[URLPattern] = [
    path("admin/login_check", signin.StaffSignIn.as_view()),
    path("token/refresh", signin.Refresh.as_view()),
    path("token/revoke", signin.Revoke.as_view()),
    path("token/sessions", sessions.OwnSessions.as_view()),
    path("token/sessions/<uuid:session>", sessions.OwnSessions.as_view()),
    path("admin/data/<uuid:admin>/sessions", sessions.StaffSessions.as_view()),
    path("admin/data/<uuid:admin>/sessions/<uuid:session>", sessions.StaffSessions.as_view()),
    path("password/reset/request", passwords.PersonnelRequest.as_view()),
    path("password/reset", passwords.Reset.as_view()),
    path("admin", staff.StaffList.as_view()),
    path("admin/data", staff.OwnData.as_view()),
    path("admin/data/<uuid:admin>", staff.StaffDetails.as_view()),
    path("admin/acl/role", roles.Roles.as_view()),
    path("admin/acl/role/<int:role>", roles.RoleDetails.as_view()),
    path("admin/acl/resources", roles.Resources.as_view()),
    path("admin/acl/accesses", roles.Accesses.as_view()),
]
