"""Where the chapters Reward campaigns, their categories and Customer campaign stand."""

from django.urls import URLPattern, path

from campaigns.api.open_loyalty import (
    buying,
    campaigns,
    cashback,
    categories,
    coupons,
    pictures,
    pools,
)

store_urls: list[URLPattern] = [
    path("campaign", campaigns.Campaigns.as_view()),
    path("campaign/active", campaigns.ActiveCampaigns.as_view()),
    path("campaign/bought", coupons.Bought.as_view()),
    path("campaign/bought/export/csv", coupons.BoughtReport.as_view()),
    path("campaign/public/available", campaigns.PublicCampaigns.as_view()),
    path("campaign/<uuid:campaign>", campaigns.CampaignDetail.as_view()),
    path(
        "campaign/<uuid:campaign>/active",
        campaigns.SwitchCampaign.as_view(),
        {"is_active": True},
    ),
    path(
        "campaign/<uuid:campaign>/inactive",
        campaigns.SwitchCampaign.as_view(),
        {"is_active": False},
    ),
    path("campaign/<uuid:campaign>/coupons", campaigns.CampaignCodes.as_view()),
    path("campaign/<uuid:campaign>/coupons/file", pools.LoadCodes.as_view()),
    path("campaign/<uuid:campaign>/coupons/generate", pools.GenerateCodes.as_view()),
    path("campaign/<uuid:campaign>/coupons/jobs", pools.PoolJobs.as_view()),
    path("campaign/cashback/callback/<str:provider>", cashback.Callback.as_view()),
    path("admin/campaign/cashback/redeem", cashback.Redeem.as_view()),
    path("admin/campaign/cashback/simulate", cashback.Simulate.as_view()),
    path("customer/campaign/cashback/redeem", cashback.CustomerRedeem.as_view()),
    path("campaign/<uuid:campaign>/customers/visible", campaigns.VisibleCustomers.as_view()),
    path("campaign/<uuid:campaign>/photo", pictures.Photos.as_view()),
    path("campaign/<uuid:campaign>/photo/<uuid:photo>", pictures.Photo.as_view()),
    path("campaign/<uuid:campaign>/brand_icon", pictures.BrandIcon.as_view()),
    path("admin/customer/<uuid:customer>/campaign/available", buying.StaffAvailable.as_view()),
    path("admin/customer/<uuid:customer>/campaign/bought", coupons.StaffBought.as_view()),
    path("admin/customer/<uuid:customer>/campaign/validate", buying.StaffValidate.as_view()),
    path(
        "admin/customer/<uuid:customer>/campaign/<uuid:campaign>/coupon/<path:code>",
        coupons.MarkByCode.as_view(),
    ),
    path("admin/customer/<uuid:customer>/campaign/<uuid:campaign>/buy", buying.StaffBuy.as_view()),
    path(
        "admin/customer/<uuid:customer>/bought/coupon/<uuid:coupon>/changeDeliveryStatus",
        coupons.Delivery.as_view(),
    ),
    path("admin/campaign/coupons/mark_as_used", coupons.StaffMark.as_view()),
    path("customer/campaign/available", buying.CustomerAvailable.as_view()),
    path("customer/campaign/bought", coupons.CustomerBought.as_view()),
    path("customer/campaign/validate", buying.CustomerValidate.as_view()),
    path("customer/campaign/<uuid:campaign>/buy", buying.CustomerBuy.as_view()),
    path("customer/campaign/coupons/mark_as_used", coupons.CustomerMark.as_view()),
    path("seller/campaign/coupons/mark_as_used", coupons.SellerMark.as_view()),
    path("seller/customer/<uuid:customer>/campaign/available", buying.SellerAvailable.as_view()),
    path("seller/customer/<uuid:customer>/campaign/bought", coupons.SellerBought.as_view()),
    path(
        "seller/customer/<uuid:customer>/campaign/<uuid:campaign>/buy", buying.SellerBuy.as_view()
    ),
    path("seller/campaign", campaigns.SellerCampaigns.as_view()),
    path("seller/campaign/<uuid:campaign>", campaigns.SellerCampaignDetail.as_view()),
    path("campaignCategory", categories.Categories.as_view()),
    path("campaignCategory/<uuid:category>", categories.CategoryDetail.as_view()),
    path("campaignCategory/<uuid:category>/active", categories.ActivateCategory.as_view()),
]

global_urls: list[URLPattern] = []
