"""Where the platform's own chapters stand."""

from django.urls import URLPattern, path

from loyalty.core.api.open_loyalty import events, introduction, settings, stores

store_urls: list[URLPattern] = [
    path("settings", settings.Settings.as_view()),
    path("settings/public", settings.PublicSettings.as_view()),
    path("settings/activation", settings.Activation.as_view()),
    path("settings/activation-method", settings.Activation.as_view()),
    path("settings/choices/<str:type>", settings.Choices.as_view()),
]

global_urls: list[URLPattern] = [
    path("", introduction.Introduction.as_view()),
    path("store", stores.Stores.as_view()),
    path("store/<uuid:store>", stores.StoreDetails.as_view()),
    path("event", events.Events.as_view()),
    path("event/<int:event>", events.EventDetails.as_view()),
]
