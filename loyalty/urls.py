"""The addresses of the doors."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from loyalty import failures
from loyalty.api.open_loyalty import urls as open_loyalty
from loyalty.core.api.open_loyalty.store_files import TermsConditions

# Read late: the collected files' names are known when the server runs.
ICON = lazy(static, str)("cockpit/icon.svg")

# Whose converters paths here use, too.
assert open_loyalty.urlpatterns

urlpatterns: list[URLPattern | URLResolver] = [
    # Browsers ask for it beside pages that name no icon: files of the API, texts, pictures.
    path("favicon.ico", RedirectView.as_view(url=ICON)),
    path("", RedirectView.as_view(pattern_name="portal:home")),
    path("api/", include("loyalty.api.open_loyalty.urls")),
    path("cockpit/", admin.site.urls),
    path("portal", RedirectView.as_view(pattern_name="portal:home")),
    path("portal/", include("loyalty.portal.urls")),
    path("pos", RedirectView.as_view(pattern_name="pos:till")),
    path("pos/", include("loyalty.pos.urls")),
    path("terms-conditions", TermsConditions.as_view()),
    path("<store_code:store_code>/terms-conditions", TermsConditions.as_view()),
    path("language/", include("django.conf.urls.i18n")),
]

handler400 = failures.bad_request
handler403 = failures.forbidden
handler404 = failures.not_found
handler500 = failures.server_error
