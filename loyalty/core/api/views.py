"""
The base of every Open Loyalty view: who is asking, in which store, and may they.

    class Transactions(OpenLoyaltyView):
        resource = "TRANSACTION"
        rules = {"GET": Rule(ADMIN | SELLER), "POST": Rule(ADMIN | SELLER)}
        forms = {"POST": FormOf(RegisterForm, root="transaction")}

        def get(self, request: Request, **ids: str) -> Response:
            return self.listed(queryset, key="transactions", row=row, sorts=SORTS)

        def post(self, request: Request, **ids: str) -> Response:
            purchase = purchases.register(store=self.store, actor=self.actor, **self.form())
            return Response({"transactionId": str(purchase.uuid)})
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, cast
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import serializers
from rest_framework.exceptions import (
    AuthenticationFailed,
    NotAuthenticated,
    ParseError,
    PermissionDenied,
)
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from loyalty.core.actors import Actor, ActorKind
from loyalty.core.api import errors, idempotency, parsing
from loyalty.core.api.forms import FormOf, check
from loyalty.core.api.schema import OpenLoyaltySchema
from loyalty.core.models import DEFAULT_STORE_CODE, Store
from loyalty.core.selectors.stores import find_open

Who = frozenset[ActorKind]

ADMIN: Who = frozenset({ActorKind.STAFF, ActorKind.API})
SELLER: Who = frozenset({ActorKind.SELLER})
CUSTOMER: Who = frozenset({ActorKind.CUSTOMER})
# Anybody who is signed in.
SIGNED_IN: Who = ADMIN | SELLER | CUSTOMER

READING = {"GET", "HEAD", "OPTIONS"}

PAGE_SIZE, PAGE_SIZE_MAX = 10, 1000
# From here on a page is found by its keys first, from whichever end of the list is nearer.
DEEP = 1_000


@dataclass(frozen=True)
class Rule:
    """
    Who may call a method.

    `who`: the kinds of caller let in. `is_public`: nobody needs to sign in. Staff also need the
    view's resource, or `resources` instead: to VIEW for reading, and MODIFY too for writing; a
    POST that changes nothing says `writes=False`.
    """

    who: Who = ADMIN
    is_public: bool = False
    resources: tuple[str, ...] | None = None
    writes: bool | None = None


PUBLIC = Rule(SIGNED_IN, is_public=True, resources=())


class JSONAlways(BaseContentNegotiation):
    """The API speaks JSON, whatever `Accept` says."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        content_type = request.content_type.partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == content_type), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        return renderers[0], renderers[0].media_type


class OpenLoyaltyView(APIView):
    """
    A view of the Open Loyalty door. Costs two statements: the principal and the store.

    `self.store` is the store of the path, or DEFAULT where the path names none; views under
    `global_urls` set `is_global` and have none. `self.actor` is the caller.
    """

    resource: ClassVar[str | None] = None
    # Per method; where one is missing, staff with the resource.
    rules: ClassVar[Mapping[str, Rule]] = {}
    forms: ClassVar[Mapping[str, FormOf]] = {}
    # Those whose answer may be a job (202), for the OpenAPI document.
    job_methods: ClassVar[frozenset[str]] = frozenset()
    # Names that the query of a GET may have, or of a POST where there is no GET: for the OpenAPI
    # document.
    query: ClassVar[tuple[str, ...]] = ()
    # True where who tries too often is refused (429), and where nobody need be signed in but wrong
    # credentials are refused (401): for the OpenAPI document.
    counts_attempts: ClassVar[bool] = False
    takes_credentials: ClassVar[bool] = False
    is_global: ClassVar[bool] = False
    # True where a body may be as long as one with files, because no parser holds it in memory.
    takes_long_bodies: ClassVar[bool] = False
    # False where an answer must not be kept: it would hold a token.
    takes_idempotency_key: ClassVar[bool] = True

    parser_classes = [parsing.JSONParser, parsing.FormParser, parsing.MultiPartParser]
    content_negotiation_class = JSONAlways
    schema = OpenLoyaltySchema()
    permission_classes = []
    # DRF's suffixes (`.json`) are no part of these addresses.
    format_kwarg = None

    bound_form: serializers.BaseSerializer[Any] | None = None
    _store: Store | None = None
    _actor: Actor | None = None

    @property
    def store(self) -> Store:
        assert self._store is not None, "A view of global_urls has no store."
        return self._store

    @property
    def actor(self) -> Actor:
        assert self._actor is not None, "A public view asks for actor_or_none."
        return self._actor

    @property
    def actor_or_none(self) -> Actor | None:
        return self._actor

    @property
    def zone(self) -> ZoneInfo:
        return self._store.zone if self._store else ZoneInfo("UTC")

    @property
    def locale(self) -> str:
        """Return the language that translatable texts are wanted in (GEN-7)."""
        return self.request.query_params.get("_locale") or "en"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(
            request
        )
        _refuse_null(request._request)
        if not hasattr(self, (request.method or "").lower()):
            # Whoever calls: a token would not help.
            self.http_method_not_allowed(request)
        if request.method not in READING:
            parsing.refuse_compressed(request._request)
        parsing.refuse_large(request._request, takes_long_bodies=self.takes_long_bodies)
        rule = self.rule(request.method or "GET")
        if not self.is_global:
            # Authentication reads the store beside the caller, where it reads anything.
            wanted: Any = request._request
            wanted.wanted_store_code = kwargs.get("store_code") or DEFAULT_STORE_CODE
        self._actor = self._authenticated(request, rule)
        if not self.is_global:
            self._store = self._resolved_store(request._request)
        self._check_access(rule, reads=request.method in READING)

    def rule(self, method: str) -> Rule:
        return self.rules.get("GET" if method in READING else method) or Rule()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """As DRF's, with the handler wrapped for its `Idempotency-Key`."""
        self.args, self.kwargs = args, kwargs
        self.request = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            self.initial(self.request, *args, **kwargs)
            response = self._handler()(self.request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001  # what is no refusal is raised again in there
            response = self.handle_exception(error)
        # DRF takes plain answers too, whatever its stubs say.
        self.response = self.finalize_response(
            self.request, cast(Response, response), *args, **kwargs
        )
        if self._actor is not None:
            # A permanent token may stand in the address: no cache may keep such an answer.
            self.response.headers.setdefault("Cache-Control", "no-store")
        return self.response

    def form(
        self,
        form: type[serializers.Serializer[Any]] | None = None,
        *,
        root: str | None = None,
        is_partial: bool = False,
        **context: Any,
    ) -> dict[str, Any]:
        """
        Return the checked values of the body, under their `source` names.

        Without arguments: by the form that `forms` declares for the method, which the OpenAPI
        document shows too.

        :raises FormRefused: with the layout of the whole form.
        """
        if form is None:
            declared = self.forms[self.request.method or ""]
            form, root = declared.form, declared.root
        bound = form(
            data=self.body(root),
            partial=is_partial,
            context={"zone": self.zone, "view": self, "store": self._store} | context,
        )
        self.bound_form = bound
        values: dict[str, Any] = check(bound)
        return values

    def body(self, root: str | None = None) -> dict[str, Any]:
        """
        Return the body's tree, below `root`; {} where the body does not have it.

        :raises ParseError: a list or a plain value stands where an object is due.
        """
        tree: Any = self.request.data
        if root is not None and isinstance(tree, dict):
            tree = tree.get(root)
        if tree is None or tree == "" or tree == []:
            return {}
        if not isinstance(tree, dict):
            raise ParseError("An object is due here.")
        return tree

    def listed(
        self,
        queryset: "QuerySet[Any, Any]",
        *,
        key: str,
        row: Callable[[Any], Any],
        sorts: Mapping[str, str] | None = None,
        default_sort: str | None = None,
        total: int | None = None,
        additional: Mapping[str, Any] | None = None,
        prepare: Callable[[list[Any]], None] | None = None,
    ) -> Response:
        """
        Answer one page of a queryset: the list under its own key first, then `total` (GEN-5).

        `sorts`: wire name → column. `default_sort`: a wire name with `-` for descending; without
        it the queryset's own order. `total`: where the caller knows better than a count. `prepare`
        gets a page's entries before their rows are written, to read what those need at once.
        """
        page, size = self.page()
        ordered = _ordered(queryset, self.request.query_params, sorts or {}, default_sort)
        first = (page - 1) * size
        if first >= DEEP:
            total = ordered.count() if total is None else total
            entries = _deep_page(ordered, first, size, total)
        else:
            entries = list(ordered[first : first + size])
        if prepare is not None:
            prepare(entries)
        rows = [row(entry) for entry in entries]
        if total is None:
            total = len(rows) if page == 1 and len(rows) < size else ordered.count()
        return Response({key: rows, "total": total, **(additional or {})})

    def ordered(
        self,
        queryset: "QuerySet[Any, Any]",
        *,
        sorts: Mapping[str, str],
        default_sort: str | None = None,
    ) -> "QuerySet[Any, Any]":
        """Return a queryset in the order that the query asks for; `sorts` as in `listed`."""
        return _ordered(queryset, self.request.query_params, sorts, default_sort)

    def page(self) -> tuple[int, int]:
        """Return the page and its size as asked; what makes no sense counts as not asked."""
        query = self.request.query_params
        page = _whole(query.get("page"), 1)
        size = _whole(query.get("perPage"), PAGE_SIZE)
        if size == -1 or size > PAGE_SIZE_MAX:
            size = PAGE_SIZE_MAX
        return (page if page >= 1 else 1), (size if size >= 1 else PAGE_SIZE)

    def query_flag(self, name: str) -> bool | None:
        """Return a yes or no from the query; None: not asked, or neither."""
        word = str(self.request.query_params.get(name, "")).strip().lower()
        if word in {"1", "true", "on", "yes", "active"}:
            return True
        return False if word in {"0", "false", "off", "no", "inactive"} else None

    def get_exception_handler(self) -> Any:
        return errors.handle

    def _handler(self) -> Callable[..., HttpResponse]:
        method = (self.request.method or "").lower()
        call: Callable[..., Any] = (
            getattr(self, method, self.http_method_not_allowed)
            if method in self.http_method_names
            else self.http_method_not_allowed
        )
        if method != "post" or not self.takes_idempotency_key:
            return call
        key = idempotency.key_of(self.request._request)
        return call if key is None else partial(self._run_once, key, call)

    def _run_once(
        self, key: str, call: Callable[..., Response], request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return idempotency.run(
            key=key,
            actor=self._actor,
            store=self._store,
            fingerprint=idempotency.fingerprint_of(request._request, request.data),
            handler=lambda: call(request, *args, **kwargs),
        )

    def _authenticated(self, request: Request, rule: Rule) -> Actor | None:
        try:
            # An actor, and no Django user: see `accounts.authentication`.
            actor: Any = request.user
        except AuthenticationFailed:
            # A public page is public to those, too, whose token has run out.
            if rule.is_public:
                return None
            raise
        if actor is None and not rule.is_public:
            raise NotAuthenticated("Token not found")
        assert actor is None or isinstance(actor, Actor)
        return actor

    def _resolved_store(self, request: Any) -> Store:
        """:raises Http404: there is no such store, or it is closed."""
        if hasattr(request, "wanted_store"):
            store: Store | None = request.wanted_store
        else:
            store = find_open(request.wanted_store_code)
        if store is None:
            raise Http404
        return store

    def _check_access(self, rule: Rule, *, reads: bool) -> None:
        actor = self._actor
        if actor is None:
            return
        if actor.kind not in rule.who:
            raise PermissionDenied
        if self._store is not None and not actor.reaches_store(self._store.pk):
            if rule.is_public:
                self._actor = None
                return
            # Another store does not exist for this caller.
            raise Http404
        if actor.is_staff:
            writes = (not reads) if rule.writes is None else rule.writes
            self._check_resources(actor, rule, writes=writes)

    def _check_resources(self, actor: Actor, rule: Rule, *, writes: bool) -> None:
        resources = rule.resources
        if resources is None:
            resources = (self.resource,) if self.resource else ()
        for resource in resources:
            if not (actor.can_modify(resource) if writes else actor.can_view(resource)):
                raise PermissionDenied


def _deep_page(ordered: "QuerySet[Any, Any]", first: int, size: int, total: int) -> "list[Any]":
    """
    Return a page far from the beginning, at the cost of walking an index to the nearer end.

    Rows are read of the page alone: what is skipped is skipped by its key.
    """
    if first >= total:
        return []
    query = ordered.query
    if ordered._fields is not None or query.distinct or query.combinator:  # type: ignore[attr-defined]  # how Django keeps .values()
        return list(ordered[first : first + size])
    keys = ordered.values_list("pk", flat=True)
    if first <= total - first - size:
        found = list(keys[first : first + size])
    else:
        found = list(keys.reverse()[max(total - first - size, 0) : total - first])
    return list(ordered.filter(pk__in=found))


def _ordered(
    queryset: "QuerySet[Any, Any]",
    query: Mapping[str, str],
    sorts: Mapping[str, str],
    default_sort: str | None,
) -> "QuerySet[Any, Any]":
    wire = query.get("sort") or ""
    descends = str(query.get("direction") or "").upper() == "DESC"
    if wire not in sorts:
        if default_sort is None:
            return queryset if queryset.ordered else queryset.order_by("pk")
        wire = default_sort.lstrip("-")
        if "direction" not in query:
            descends = default_sort.startswith("-")
    sign = "-" if descends else ""
    column = sorts.get(wire, wire)
    return queryset.order_by(f"{sign}{column}", f"{sign}pk")


def _whole(text: str | None, default: int) -> int:
    try:
        return int(str(text)[:12]) if text else default
    except ValueError:
        return default


def _refuse_null(request: HttpRequest) -> None:
    """PostgreSQL takes no NUL in a text, so neither do paths and queries."""
    if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
        raise ParseError("The address contains a NUL character.")
