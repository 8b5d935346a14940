"""Forms that end in one command, and the fields they are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.forms.utils import ErrorList
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES, SELECT_CLASSES, SWITCH_CLASSES, TEXTAREA_CLASSES

from accounts.cockpit.vocabulary import word
from loyalty.core import uploads
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.models import Store

# What Django gives a text area that says nothing of its height, and what is enough here.
DJANGO_ROWS = "10"
ROWS = "3"


@dataclass(frozen=True)
class Section:
    """A titled group of a form's fields. `help`: a sentence or two that teach."""

    title: Any
    fields: tuple[str, ...]
    help: Any = ""


class CommandForm(forms.Form):
    """
    A form whose acceptance is a command's acceptance.

    Subclasses name their fields and `sections`, fill `initial_values`, and call exactly one command
    in `run`. What the command refuses becomes an error of the field that it names; `renamed` maps
    a command's argument to this form's field where they differ.
    """

    sections: ClassVar[tuple[Section, ...]] = ()
    renamed: ClassVar[Mapping[str, str]] = {}
    submit_label: Any = _("Save")
    required_css_class = "required"

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        store: Store,
        actor: Actor,
        instance: Any = None,
    ) -> None:
        self.store, self.actor, self.instance = store, actor, instance
        super().__init__(data, files, initial=self.initial_values())
        self.prepare()
        for field in self.fields.values():
            dress(field)

    def initial_values(self) -> dict[str, Any]:
        """Return what the fields show before anyone has typed."""
        return {}

    def prepare(self) -> None:
        """Limit choices to the store, add fields per language, and the like."""

    def run(self, data: dict[str, Any]) -> Any:
        """Call the command with the cleaned data and return what it returns."""
        raise NotImplementedError

    def submit(self) -> tuple[bool, Any]:
        """Run the command if the fields are valid; (False, None) leaves the errors in the form."""
        if not self.is_valid():
            return False, None
        try:
            # A refusal must leave nothing behind, whatever the command wrote before it.
            with uploads.atomic():
                return True, self.run(self.cleaned_data)
        except DomainError as refusal:
            self.add_refusal(refusal)
            return False, None

    def add_refusal(self, refusal: DomainError) -> None:
        errors = (
            refusal.errors
            if isinstance(refusal, InvalidFields)
            else getattr(refusal, "errors", None) or {refusal.field or "": [refusal.message]}
        )
        for name, sentences in errors.items():
            field = self.field_of(name)
            for sentence in map(word, sentences):
                if field:
                    self.add_error(field, sentence)
                else:
                    self.add_error(None, f"{name}: {sentence}" if name else sentence)

    def field_of(self, name: str) -> str:
        """Return which field holds what a command calls by a name, such as `location.lat`."""
        known = (self.renamed.get(name), name, name.rpartition(".")[-1])
        return next((field for field in known if field in self.fields), "")

    @property
    def lost_files(self) -> list[forms.BoundField]:
        """Return the fields whose file has to be chosen again: no page can give one back."""
        return [self[name] for name in self.files if name in self.fields]

    @property
    def groups(self) -> list[tuple[Section, list[forms.BoundField]]]:
        """Return the sections with their bound fields, as the template lays them out."""
        sections = self.sections or (Section("", tuple(self.fields)),)
        return [
            (section, [self[name] for name in section.fields if name in self.fields])
            for section in sections
        ]

    @property
    def in_order(self) -> list[forms.BoundField]:
        """Return the fields as they stand on the page, and then those that no section shows."""
        shown = [field for _section, fields in self.groups for field in fields]
        names = {field.name for field in shown}
        return shown + [self[name] for name in self.fields if name not in names]

    @property
    def error_count(self) -> int:
        return sum(len(errors) for errors in self.errors.values())

    @property
    def own_errors(self) -> ErrorList:
        return self.non_field_errors()


def dress(field: forms.Field) -> None:
    """Give a field's widget the theme's classes."""
    widget = field.widget
    if isinstance(widget, forms.HiddenInput | forms.CheckboxSelectMultiple | forms.RadioSelect):
        return
    if isinstance(widget, forms.CheckboxInput):
        classes = SWITCH_CLASSES
    elif isinstance(widget, forms.Select):
        classes = SELECT_CLASSES
    elif isinstance(widget, forms.Textarea):
        classes = TEXTAREA_CLASSES
        if widget.attrs.get("rows") == DJANGO_ROWS:
            widget.attrs["rows"] = ROWS
        widget.attrs.pop("cols", None)
    elif isinstance(widget, forms.FileInput):
        classes = ["file-input"]
    else:
        classes = INPUT_CLASSES
    widget.attrs["class"] = " ".join(classes)


class LocalDateTimeField(forms.DateTimeField):
    """Date and time in the store's time zone, by the browser's own picker."""

    def __init__(self, **options: Any) -> None:
        options.setdefault(
            "widget",
            forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        )
        super().__init__(input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], **options)

    def prepare_value(self, value: Any) -> Any:
        if hasattr(value, "astimezone"):
            return timezone.localtime(value).strftime("%Y-%m-%dT%H:%M")
        return value


class DayField(forms.DateField):
    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        super().__init__(**options)


class LinesField(forms.CharField):
    """A list of texts, one in each line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple | set | frozenset) else value

    def to_python(self, value: Any) -> Any:
        text = str(value or "")
        # Django looks for it in what this returns, where a list hides it.
        ProhibitNullCharactersValidator()(text)
        lines = (line.strip() for line in text.splitlines())
        return [line for line in lines if line]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(list(initial or []) != self.to_python(data))


class LabelsField(LinesField):
    """A list of {"key", "value"} and further `parts`, one in each line, parted by colons."""

    def __init__(self, *, parts: tuple[str, ...] = ("key", "value"), **options: Any) -> None:
        super().__init__(**options)
        self.parts = parts

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return value
        return "\n".join(
            ": ".join(str(label.get(part, "")) for part in self.parts) for label in value
        )

    def to_python(self, value: Any) -> Any:
        labels = []
        for line in super().to_python(value):
            texts = [text.strip() for text in line.split(":", len(self.parts) - 1)]
            if len(texts) < len(self.parts):
                raise forms.ValidationError(
                    _("Write each line as %(parts)s."),
                    params={"parts": ": ".join(self.parts)},
                )
            labels.append(dict(zip(self.parts, texts, strict=True)))
        return labels


class ShareField(forms.DecimalField):
    """A fraction that people read and write as a percentage: stored 0.15, shown 15."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("min_value", 0)
        options.setdefault("max_digits", 7)
        options.setdefault("decimal_places", 2)
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        if hasattr(value, "normalize"):
            return f"{value * 100:.2f}".rstrip("0").rstrip(".")
        return value

    def clean(self, value: Any) -> Any:
        percent = super().clean(value)
        return None if percent is None else percent / 100


def choices_of(queryset: Any, label: Callable[[Any], str] = str) -> list[tuple[str, str]]:
    """Return a store's objects as choices by their number."""
    return [(str(row.pk), label(row)) for row in queryset]
