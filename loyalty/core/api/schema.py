"""The OpenAPI description of a view, from what it declares: its rules, forms and docstring."""

import inspect
from functools import cache
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import append_meta
from drf_spectacular.utils import OpenApiParameter, OpenApiRequest, OpenApiResponse
from rest_framework import serializers

from loyalty.core.api.forms import Form, FormOf

FORM_TYPE = "application/x-www-form-urlencoded"
PAGING = {
    "page": ("integer", "Which page to return, counted from one."),
    "perPage": ("integer", "How many entries a page holds; 10 by default, 1000 at most."),
    "sort": ("string", "Name of the field to order by."),
    "direction": ("string", "ASC or DESC."),
}
ANSWERS = {
    "400": "The form, with the errors of each field; or `{error: …}`.",
    "401": "Nobody is signed in, or not any more.",
    "403": "Another kind of caller, or a missing permission.",
    "404": "No such thing for this caller.",
}
KEY_REUSED = "The `Idempotency-Key` came with another body before."
TOO_MANY = "Too many attempts; `Retry-After` tells how many seconds to wait."
JOB_ANSWER = (
    "A job that does the work: asked for by `Prefer: respond-async`, or as there is much to do."
    " `Location` says where it tells how far it is."
)


class OpenLoyaltySchema(AutoSchema):
    # An OpenLoyaltyView; that module imports this one.
    view: Any

    def get_operation_id(self) -> str:
        """As in the catalogue of endpoints: verb and path, every placeholder `id`."""
        parts = self.path.removeprefix("/api/").removeprefix("{store_code}/").strip("/").split("/")
        words = ["id" if part.startswith("{") else part for part in parts if part]
        return "-".join([self.method.lower(), *(words or ["root"])])

    def get_tags(self) -> list[str]:
        module = type(self.view).__module__.rpartition(".")[2]
        app = type(self.view).__module__.partition(".")[0]
        return [(app if module == "views" else module).capitalize().replace("_", " ")]

    def get_description(self) -> str:  # type: ignore[override]  # the stubs know DRF's own
        handler = getattr(self.view, self.method.lower(), None)
        return inspect.getdoc(handler) or _own_docstring(type(self.view))

    def get_summary(self) -> str | None:
        return None

    def get_request_serializer(self) -> Any:
        declared = self.view.forms.get(self.method)
        if declared is None:
            return None
        body = _body(declared)
        if declared.root is None:
            return body
        nested = {declared.root: {"style": "deepObject", "explode": True}}
        types = dict.fromkeys(self.map_parsers(), body)
        return types | {FORM_TYPE: OpenApiRequest(body, encoding=nested)}

    def get_response_serializers(self) -> Any:
        rule = self.view.rule(self.method)
        answers: dict[str, Any] = {
            code: OpenApiResponse({}, text) for code, text in self._successes().items()
        }
        answers |= {code: OpenApiResponse({}, text) for code, text in ANSWERS.items()}
        if rule.is_public:
            del answers["403"]
        if rule.is_public and not self.view.takes_credentials:
            del answers["401"]
        if self._takes_key():
            answers["422"] = OpenApiResponse({}, KEY_REUSED)
        if self.view.counts_attempts:
            answers["429"] = OpenApiResponse({}, TOO_MANY)
        if self.method in self.view.job_methods:
            answers["202"] = OpenApiResponse({}, JOB_ANSWER)
        return answers

    def _successes(self) -> dict[str, str]:
        """Return the statuses of what went well: 204 where the method answers so, else 200."""
        code = inspect.unwrap(getattr(self.view, self.method.lower())).__code__
        if 204 not in code.co_consts and "HTTP_204_NO_CONTENT" not in code.co_names:
            return {"200": "Done."}
        # To read what is not there is well, too.
        return ({"200": "Done."} if self.method == "GET" else {}) | {"204": "Done; no body."}

    def get_override_parameters(self) -> list[Any]:
        if self.method == "GET":
            return self._query(*PAGING) if _is_list(type(self.view)) else self._query()
        own = [_prefer()] if self.method in self.view.job_methods else []
        if self._takes_key():
            own.append(_idempotency_key())
        return own if hasattr(self.view, "get") else [*own, *self._query()]

    def _takes_key(self) -> bool:
        return bool(self.method == "POST" and self.view.takes_idempotency_key)

    def _query(self, *paging: str) -> list[Any]:
        described = [
            (name, *PAGING.get(name, ("string", "")))
            for name in dict.fromkeys((*paging, *self.view.query))
        ]
        return [
            OpenApiParameter(name, {"type": type_}, OpenApiParameter.QUERY, description=text)
            for name, type_, text in described
        ]

    def get_auth(self) -> list[Any]:
        # A list of alternatives; the empty one stands for nobody.
        alternatives: list[Any] = [{"bearer": []}, {"permanentToken": []}, {"queryToken": []}]
        return [*alternatives, {}] if self.view.rule(self.method).is_public else alternatives

    def _map_serializer_field(
        self, field: Any, direction: Any, bypass_extensions: bool = False
    ) -> dict[str, Any]:
        """Fields of our own say with `openapi` what they take; else anything."""
        if _framework_base(type(field)) is serializers.Field:
            taken: dict[str, Any] = getattr(field, "openapi", {})
            return append_meta(dict(taken), self._get_serializer_field_meta(field, direction))  # type: ignore[no-untyped-call]
        mapped: dict[str, Any] = super()._map_serializer_field(  # type: ignore[no-untyped-call]
            field, direction, bypass_extensions
        )
        return mapped

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        """Describe a form whose children's names come with the body by what each child is."""
        child: type[Form] | None = getattr(serializer, "child_form", None)
        if child is None:
            mapped: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
            return mapped
        component = self.resolve_serializer(child(), direction)
        return {"type": "object", "additionalProperties": component.ref}

    def _get_serializer_name(
        self, serializer: Any, direction: Any, bypass_extensions: bool = False
    ) -> str:
        """Several rooms have a CreateForm; tell them apart by their module."""
        kind = serializer if inspect.isclass(serializer) else type(serializer)
        left_out = {"loyalty", "api", "open_loyalty", "forms", "views"}
        room = [part for part in kind.__module__.split(".") if part not in left_out]
        return "".join(word.title().replace("_", "") for word in room) + kind.__name__


SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "permanentToken": {"type": "apiKey", "in": "header", "name": "X-AUTH-TOKEN"},
    "queryToken": {"type": "apiKey", "in": "query", "name": "auth_token"},
}


@cache
def _body(declared: FormOf) -> type[serializers.Serializer[Any]]:
    """Return the form, wrapped in the name that bodies carry it under."""
    if declared.root is None:
        return declared.form
    contents = {declared.root: declared.form(), "__module__": declared.form.__module__}
    # Both in its name: one form may be sent under several, as a picture is.
    root = declared.root.title().replace("_", "")
    return type(f"{declared.form.__name__}{root}Body", (Form,), contents)


def _idempotency_key() -> OpenApiParameter:
    return OpenApiParameter(
        "Idempotency-Key",
        {"type": "string", "maxLength": 255},
        OpenApiParameter.HEADER,
        description="The same key and body get the first answer again; another body 422.",
    )


def _prefer() -> OpenApiParameter:
    return OpenApiParameter(
        "Prefer",
        {"type": "string", "examples": ["respond-async"]},
        OpenApiParameter.HEADER,
        description="`respond-async` (RFC 7240): answer 202 with a job, and do the work later.",
    )


def _is_list(view: type) -> bool:
    """Tell whether a view pages: whether it, or what it inherits, calls `listed`."""
    return any(
        "listed" in function.__code__.co_names
        for base in view.__mro__
        if base.__module__ != "loyalty.core.api.views"
        for function in vars(base).values()
        if inspect.isfunction(function)
    )


def _framework_base(kind: type) -> type:
    """Return the nearest class of the framework's that a field is."""
    return next(base for base in kind.__mro__ if base.__module__.startswith("rest_framework"))


def _own_docstring(view: type) -> str:
    """Return a view's docstring, unless it only inherits the base's."""
    for base in view.__mro__:
        if base.__name__ == "OpenLoyaltyView":
            return ""
        if base.__doc__:
            return inspect.cleandoc(base.__doc__)
    return ""
