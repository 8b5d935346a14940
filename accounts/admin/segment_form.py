"""The builder of segments: parts joined by AND, criteria of a part joined by OR."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.cockpit import criteria
from accounts.cockpit.criteria import CriterionForm, Words
from accounts.cockpit.forms import CommandForm, Section
from accounts.models import Customer, Segment
from accounts.segments.criteria import CriterionData
from accounts.selectors import segments as selectors
from accounts.services import segments
from accounts.services.segments import SegmentData
from loyalty.core.errors import DomainError, InvalidFields

# What a part's hidden inputs say: the criterion's number and its type.
_CRITERION = re.compile(r"(\d{1,6}):([a-z_]+)", re.ASCII)
_NUMBER = re.compile(r"\d{1,6}", re.ASCII)
_FAULT = re.compile(r"parts\.(\d+)\.criteria(?:\.(\d+)\.(\w+))?")
_ADD = re.compile(r"add-(\d{1,6})", re.ASCII)
_REMOVE = re.compile(r"remove-(\d{1,6})(?:-(\d{1,6}))?", re.ASCII)


@dataclass
class Part:
    """One part as it is being edited. `number` only tells it from the others."""

    number: int
    criteria: list[CriterionForm]
    errors: list[str] = field(default_factory=list)

    @property
    def next_number(self) -> int:
        return max((form.number for form in self.criteria), default=-1) + 1  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Preview:
    """Who would be in the segment. `fault`: why nobody can say."""

    sentence: str = ""
    count: int | None = None
    sample: Sequence[Customer] = ()
    fault: str = ""


class SegmentForm(CommandForm):
    """A whole segment. Every criterion is a form of its own, checked as the command checks it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=255)
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, widget=forms.Textarea
    )
    is_active = forms.BooleanField(
        label=pgettext_lazy("it is on", "Active"),
        required=False,
        help_text=gettext_lazy("Off: nobody comes or goes, and rules for it do not count."),
    )

    sections = (Section(gettext_lazy("Segment"), ("name", "description", "is_active")),)

    def initial_values(self) -> dict[str, Any]:
        segment: Segment | None = self.instance
        if segment is None:
            return {"is_active": True}
        return {name: getattr(segment, name) for name in ("name", "description", "is_active")}

    def prepare(self) -> None:
        self.words = Words.of(self.store)
        self.focus = ""
        if self.is_bound:
            self.parts = self._sent_parts()
        elif self.instance is not None:
            self.parts = self._kept_parts(self.instance)
        else:
            self.parts = [Part(0, [])]

    # The parts

    def _sent_parts(self) -> list[Part]:
        numbers = [int(text) for text in self._sent("part") if _NUMBER.fullmatch(text)]
        return [Part(number, self._sent_criteria(number)) for number in dict.fromkeys(numbers)]

    def _sent(self, name: str) -> list[str]:
        assert isinstance(self.data, QueryDict)
        return self.data.getlist(name)

    def _sent_criteria(self, part: int) -> list[CriterionForm]:
        found = [
            match
            for text in self._sent(f"part-{part}")
            if (match := _CRITERION.fullmatch(text)) and match[2] in criteria.FORMS
        ]
        return [self._criterion(match[2], part, int(match[1]), data=self.data) for match in found]

    def _kept_parts(self, segment: Segment) -> list[Part]:
        names = criteria.customer_names(self.store, segment.parts)
        return [
            Part(
                number,
                [
                    self._criterion(
                        kept["type"], number, place, initial=criteria.shown_values(kept, names)
                    )
                    for place, kept in enumerate(part["criteria"])
                ],
            )
            for number, part in enumerate(segment.parts)
        ]

    def _criterion(self, type: str, part: int, number: int, **options: Any) -> CriterionForm:
        prefix = f"c-{part}-{number}"
        form = criteria.FORMS[type](prefix=prefix, words=self.words, **options)
        form.number = number  # type: ignore[attr-defined]  # tells it from the others of its part
        return form

    def edit(self, deed: str) -> None:
        """Add or remove a part or a criterion, as a button of the builder asks."""
        if deed == "add":
            self.parts.append(Part(max((part.number for part in self.parts), default=-1) + 1, []))
            self.focus = f"type-{self.parts[-1].number}"
        elif match := _ADD.fullmatch(deed):
            self._add_criterion(int(match[1]))
        elif match := _REMOVE.fullmatch(deed):
            self._remove(int(match[1]), match[2])

    def _add_criterion(self, number: int) -> None:
        chosen = self.data.get(f"type-{number}", "")
        for part in self.parts:
            if part.number == number and chosen in criteria.FORMS:
                form = self._criterion(chosen, number, part.next_number)
                part.criteria.append(form)
                self.focus = form[next(iter(form.fields))].auto_id

    def _remove(self, number: int, criterion: str | None) -> None:
        for part in self.parts:
            if part.number != number:
                continue
            if criterion is None:
                part.criteria = []
            else:
                part.criteria = [
                    form
                    for form in part.criteria
                    if form.number != int(criterion)  # type: ignore[attr-defined]
                ]
            self.focus = f"type-{number}"
        if criterion is None and len(self.parts) > 1:
            self.parts = [part for part in self.parts if part.number != number]
            self.focus = f"type-{self.parts[-1].number}"

    # Checking and saving

    def is_valid(self) -> bool:
        checked = [form.is_valid() for part in self.parts for form in part.criteria]
        return super().is_valid() and all(checked)

    def part_data(self) -> list[list[CriterionData]]:
        return [
            [CriterionData(form.type, form.values()) for form in part.criteria]
            for part in self.parts
        ]

    def run(self, data: dict[str, Any]) -> Segment:
        whole = SegmentData(
            name=data["name"],
            description=data["description"],
            is_active=data["is_active"],
            parts=self.part_data(),
        )
        if self.instance is None:
            return segments.create(store=self.store, data=whole, actor=self.actor)
        return segments.update(segment=self.instance, data=whole, actor=self.actor)

    def add_refusal(self, refusal: DomainError) -> None:
        if not isinstance(refusal, InvalidFields):
            super().add_refusal(refusal)
            return
        for path, sentences in refusal.errors.items():
            texts = [criteria.translated(sentence) for sentence in sentences]
            match = _FAULT.fullmatch(path)
            if match is None:
                for text in texts:
                    self.add_error(path if path in self.fields else None, text)
                continue
            part = self.parts[int(match[1])]
            if match[2] is None:
                part.errors += [_("Add a criterion, or remove this part.")]
                continue
            form = part.criteria[int(match[2])]
            for text in texts:
                form.add_error(match[3] if match[3] in form.fields else None, text)

    @property
    def faults(self) -> list[tuple[str, str, str]]:
        """Return (anchor, label, sentence) of all that keeps the form from being saved."""
        found = [
            (field.auto_id, str(field.label), str(error))
            for field in self
            for error in field.errors
        ]
        found += [("", "", str(error)) for error in self.own_errors]
        for part in self.parts:
            found += [(f"type-{part.number}", "", error) for error in part.errors]
            for form in part.criteria:
                title = str(form.title)
                found += [
                    (field.auto_id, f"{title}, {field.label}", str(error))
                    for field in form
                    for error in field.errors
                ]
                found += [("", title, str(error)) for error in form.non_field_errors()]
        return found

    # Who would be in it

    def preview(self, now: datetime) -> Preview:
        """Say who fits what is in the form, saved or not, and count them. Nothing is written."""
        if not self.is_bound:
            return self._preview_of_kept(now)
        forms_ = [form for part in self.parts for form in part.criteria]
        if not forms_:
            return Preview(fault=_("Add a criterion to see who fits."))
        if any(form.is_bound and not form.is_valid() for form in forms_) or any(
            not form.is_bound for form in forms_
        ):
            return Preview(fault=_("Fill in the criteria to see who fits."))
        parts = [part for part in self.part_data() if part]
        return self._count(parts, now)

    def _preview_of_kept(self, now: datetime) -> Preview:
        if self.instance is None:
            return Preview(fault=_("Add a criterion to see who fits."))
        parts = [
            [
                CriterionData(kept["type"], criteria.shown_values(kept, {}))
                for kept in part["criteria"]
            ]
            for part in self.instance.parts
        ]
        return self._count(parts, now)

    def _count(self, parts: Sequence[Sequence[CriterionData]], now: datetime) -> Preview:
        try:
            found = selectors.preview(store=self.store, parts=parts, now=now)
        except InvalidFields as refusal:
            sentences = [text for texts in refusal.errors.values() for text in texts]
            return Preview(fault=criteria.translated(sentences[0]))
        return Preview(criteria.sentence(parts, self.words), found.count, found.sample)
