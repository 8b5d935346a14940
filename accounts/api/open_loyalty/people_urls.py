"""Where the chapters Customer, Level, Point of sale and Seller stand, below a store's code."""

from django.urls import URLPattern, path

from accounts.api.open_loyalty import (
    activation,
    analytics,
    avatars,
    customer_imports,
    customers,
    history,
    levels,
    pos,
    sellers,
)

customer_urls: list[URLPattern] = [
    path("customer", customers.Customers.as_view()),
    path("admin/customer", customers.AdminCustomers.as_view()),
    path("pos/search/customer", customers.SellerSearch.as_view()),
    path("customer/register", customers.Register.as_view()),
    path("admin/customer/import", customer_imports.ImportCustomers.as_view()),
    path("admin/customer/register", customers.AdminRegister.as_view()),
    path("seller/customer/register", customers.SellerRegister.as_view()),
    path("customer/self_register", customers.SelfRegister.as_view()),
    path("customer/check", customers.Check.as_view()),
    path("customer/registrations", customers.Registrations.as_view()),
    path("customer/registrations/daily", customers.Registrations.as_view()),
    path("customer/activate/<str:token>", activation.ActivateByToken.as_view()),
    path("customer/activate-sms/<str:token>", activation.ActivateByCode.as_view()),
    path("customer/confirm-change/<str:token>", activation.ConfirmChange.as_view()),
    path("customer/customer-phone/send-sms-code", activation.SendCodeToPhone.as_view()),
    path("admin/customer/<uuid:customer>/send-sms-code", activation.SendCode.as_view()),
    path("seller/customer/<uuid:customer>/send-sms-code", activation.SellerSendCode.as_view()),
    path("customer/<uuid:customer>/data", activation.OwnData.as_view()),
    path("customer/<uuid:customer>/pushy-token", activation.PushyTokens.as_view()),
    path("customer/<uuid:customer>/pushy-token/<path:token>", activation.PushyToken.as_view()),
    path("customer/<uuid:customer>", customers.CustomerDetail.as_view()),
    path("customer/<uuid:customer>/status", customers.Status.as_view()),
    path("customer/customer/<uuid:customer>/status", customers.OwnStatus.as_view()),
    path("admin/customer/<uuid:customer>/status", customers.AdminStatus.as_view()),
    path("seller/customer/<uuid:customer>/status", customers.SellerStatus.as_view()),
    path("admin/customer/<uuid:customer>/history", history.History.as_view()),
    path("admin/customer/<uuid:customer>/anonymize", customers.Anonymize.as_view()),
    path("admin/customer/<uuid:customer>/activate", customers.Activate.as_view()),
    path("admin/customer/<uuid:customer>/deactivate", customers.Deactivate.as_view()),
    path("seller/customer/<uuid:customer>/activate", customers.SellerActivate.as_view()),
    path("seller/customer/<uuid:customer>/deactivate", customers.SellerDeactivate.as_view()),
    path("customer/<uuid:customer>/level", customers.ChooseLevel.as_view()),
    path("customer/<uuid:customer>/remove-manually-level", customers.RemoveManualLevel.as_view()),
    path("customer/<uuid:customer>/pos", customers.ChoosePos.as_view()),
    path("seller/customer/<uuid:customer>/pos", customers.SellerChoosePos.as_view()),
    path("customer/<uuid:customer>/avatar", avatars.Avatar.as_view()),
    path("admin/customer-statuses", customers.Statuses.as_view()),
]

level_urls: list[URLPattern] = [
    path("level", levels.Levels.as_view()),
    path("level/create", levels.CreateLevel.as_view()),
    path("level/<uuid:level>", levels.LevelDetail.as_view()),
    path("level/<uuid:level>/activate", levels.ActivateLevel.as_view()),
    path("level/<uuid:level>/customers", levels.LevelCustomers.as_view()),
    path("admin/level/<uuid:level>/customers", levels.LevelCustomers.as_view()),
    path("level/<uuid:level>/photo", levels.LevelPhoto.as_view()),
    path("admin/analytics/customers", analytics.CustomerStatistics.as_view()),
    path("admin/analytics/points", analytics.PointsStatistics.as_view()),
    path("admin/analytics/levels", levels.LevelStatistics.as_view()),
    path("seller/level", levels.SellerLevels.as_view()),
    path("seller/level/<uuid:level>", levels.SellerLevelDetail.as_view()),
    path("customer/level", levels.CustomerLevels.as_view()),
]

pos_urls: list[URLPattern] = [
    path("pos", pos.PosList.as_view()),
    path("pos/<uuid:pos>", pos.PosDetail.as_view()),
    path("pos/identifier/<str:identifier>", pos.PosByIdentifier.as_view()),
    path("seller/pos", pos.SellerPosList.as_view()),
    path("seller/pos/<uuid:pos>", pos.SellerPosDetail.as_view()),
]

seller_urls: list[URLPattern] = [
    path("seller", sellers.Sellers.as_view()),
    path("seller/register", sellers.RegisterSeller.as_view()),
    path("seller/<uuid:seller>", sellers.SellerDetail.as_view()),
    path("seller/<uuid:seller>/activate", sellers.ActivateSeller.as_view()),
    path("seller/<uuid:seller>/deactivate", sellers.DeactivateSeller.as_view()),
    path("seller/<uuid:seller>/delete", sellers.DeleteSeller.as_view()),
]

store_urls = [*customer_urls, *level_urls, *pos_urls, *seller_urls]
