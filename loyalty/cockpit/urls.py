"""The addresses of the cockpit's pages that are no screen on one model."""

from django.contrib.admin import AdminSite
from django.urls import URLPattern, path

from loyalty.cockpit import (
    dashboard_view,
    exports_view,
    imports_view,
    jobs_view,
    languages_view,
    level_statistics,
    many_view,
    messages_view,
    pictures_view,
    points_over_time,
    settings_view,
    sign_ins,
    signin,
    simulation_view,
    way_back,
    webhooks_view,
)

# Route, view and name of what anybody may open …
OPEN = (
    ("forgot/", way_back.forgot, "password_forgot"),
    ("reset/<str:token>/", way_back.reset, "password_reset"),
)
# … and of what only staff see.
STAFF = (
    ("sign-ins/", sign_ins.show_own, "sign_ins"),
    ("sign-ins/<str:kind>/<uuid:person>/", sign_ins.show_one, "sign_ins_of"),
    ("settings/", settings_view.show, "settings"),
    ("settings/history/", settings_view.history, "settings_history"),
    ("pictures/", pictures_view.show, "pictures"),
    ("languages/", languages_view.show_all, "languages"),
    ("languages/add/", languages_view.add, "language_add"),
    ("languages/<str:code>/", languages_view.show, "language"),
    ("languages/<str:code>/remove/", languages_view.remove, "language_remove"),
    ("messages/", messages_view.show_all, "messages"),
    ("messages/<uuid:message>/", messages_view.show, "message"),
    ("messages/<uuid:message>/preview/<str:language>/", messages_view.preview, "message_preview"),
    ("messages/<uuid:message>/<str:deed>/do/", messages_view.act, "message_act"),
    ("webhooks/", webhooks_view.show, "webhooks"),
    ("webhooks/<str:deed>/do/", webhooks_view.act, "webhooks_act"),
    ("levels/", level_statistics.show, "level_statistics"),
    ("points/", points_over_time.show, "points_over_time"),
    ("simulation/", simulation_view.show, "simulation"),
    ("exports/", exports_view.show_all, "exports"),
    ("exports/new/<slug:kind>/", exports_view.begin, "export_new"),
    ("exports/<uuid:job>/", exports_view.show, "export"),
    ("imports/", imports_view.show_all, "imports"),
    ("imports/<uuid:job>/", imports_view.show, "import"),
    ("imports/<uuid:job>/refused/", imports_view.refused, "import_refused"),
    ("imports/<uuid:job>/<str:deed>/do/", imports_view.act, "import_act"),
    ("many/", many_view.show_all, "many"),
    ("many/<uuid:job>/", many_view.show, "many_job"),
    ("jobs/", jobs_view.show, "jobs"),
    ("jobs/<slug:name>/", jobs_view.show_one, "job"),
    ("jobs/<slug:name>/start/", jobs_view.start, "job_start"),
    ("", dashboard_view.show, "index"),
    ("password_change/", signin.change_password, "password_change"),
)


def patterns(site: AdminSite) -> list[URLPattern]:
    """Return the addresses of all these pages, those of staff behind the site's door."""
    return [
        *(path(route, view, name=name) for route, view, name in OPEN),
        *(path(route, site.admin_view(view), name=name) for route, view, name in STAFF),
    ]
