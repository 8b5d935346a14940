"""What holds for every address of the APIs."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class TolerateTrailingSlash:
    """
    Serve `/api/store/` as `/api/store`: clients write either, and a redirect would lose a body.

    `/api` itself becomes `/api/`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if path.startswith("/api/") and path.endswith("/") and len(path) > len("/api/"):
            request.path_info = path.rstrip("/")
        if request.path_info == "/api":
            request.path_info = "/api/"
        return self.get_response(request)
