"""Where the platform's own chapters stand."""

from django.urls import URLPattern, path

from loyalty.core.api.open_loyalty import (
    audit,
    events,
    exports,
    imports,
    introduction,
    messages,
    settings,
    store_files,
    stores,
    translations,
)

store_urls: list[URLPattern] = [
    path("admin/import", imports.Imports.as_view()),
    path("admin/import/<uuid:job>", imports.ImportDetails.as_view()),
    path("admin/import/<uuid:job>/rows", imports.ImportRows.as_view()),
    path("admin/import/<uuid:job>/refused", imports.ImportRefused.as_view()),
    path("admin/import/<uuid:job>/undo", imports.ImportUndo.as_view()),
    path("admin/export", exports.Exports.as_view()),
    path("admin/export/kind", exports.ExportKinds.as_view()),
    path("admin/export/<uuid:job>", exports.ExportDetails.as_view()),
    path("admin/export/file/<str:token>", exports.ExportFile.as_view()),
    path("settings", settings.Settings.as_view()),
    path("settings/public", settings.PublicSettings.as_view()),
    path("settings/activation", settings.Activation.as_view()),
    path("settings/activation-method", settings.Activation.as_view()),
    path("settings/choices/<str:type>", settings.Choices.as_view()),
    path("settings/photo/<str:name>", store_files.Picture.as_view()),
    path("settings/photo/<str:name>/<str:size>", store_files.PictureCopy.as_view()),
    # As older releases call three of them.
    *(
        pattern
        for name in ("logo", "small-logo", "hero-image")
        for pattern in (
            path(f"settings/{name}", store_files.Picture.as_view(), {"name": name}),
            path(f"settings/{name}/<str:size>", store_files.PictureCopy.as_view(), {"name": name}),
        )
    ),
    path("settings/conditions-file", store_files.ConditionsFile.as_view()),
    path("settings/conditions-url", store_files.ConditionsUrl.as_view()),
    path("settings/terms-conditions", store_files.TermsConditions.as_view()),
    path("settings/css", store_files.StyleSheet.as_view()),
    path("settings/manifest", store_files.Manifest.as_view()),
    path("settings/emails", messages.Emails.as_view()),
    path("settings/emails/<uuid:email>", messages.EmailDetails.as_view()),
    path("translations", translations.Translations.as_view()),
    path("admin/translations", translations.Languages.as_view()),
    path("admin/translations/<str:code>", translations.LanguageDetails.as_view()),
    path("message", messages.Messages.as_view()),
    path("message/<uuid:message>", messages.MessageDetails.as_view()),
    path("message/<uuid:message>/activate", messages.Activate.as_view()),
    path("message/<uuid:message>/deactivate", messages.Deactivate.as_view()),
]

global_urls: list[URLPattern] = [
    path("", introduction.Introduction.as_view()),
    path("store", stores.Stores.as_view()),
    path("store/<uuid:store>", stores.StoreDetails.as_view()),
    path("message/events", messages.MessageEvents.as_view()),
    path("audit/log", audit.Log.as_view()),
    path("audit/log/export", audit.LogExport.as_view()),
    path("audit/log/archive", audit.Archives.as_view()),
    path("audit/log/archive/<str:filename>", audit.ArchiveFile.as_view()),
    path("event", events.Events.as_view()),
    path("event/<int:event>", events.EventDetails.as_view()),
]
