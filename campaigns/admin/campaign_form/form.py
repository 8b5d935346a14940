"""The form of a reward of one type: what it begins with, and what is saved."""

import re
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _

from accounts.audience import Target
from accounts.cockpit.vocabulary import language_name, word
from accounts.models import Level, Segment
from campaigns.admin.campaign_form.fields import OWN, TEXTS, WITH_PHOTOS, CampaignFields
from campaigns.admin.campaign_form.sections import sections_of
from campaigns.models import (
    CODE_TYPES,
    DEFAULT_LOCALE,
    CampaignCategory,
    ConnectType,
    RewardCampaign,
    RewardType,
)
from campaigns.providers import PROVIDERS
from campaigns.selectors import connected_rules
from campaigns.services import campaigns, pictures
from campaigns.services.campaign_data import (
    COLUMNS,
    COMMON,
    WITHOUT_CONDITIONS,
    WITHOUT_USAGE,
    CampaignData,
    CampaignText,
)
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.selectors.languages import content_languages

_TEXT_FAULT = re.compile(r"translations\.(\w+)\.(\w+)")


def languages_of(campaign: RewardCampaign | None) -> list[tuple[str, str]]:
    """Return (code, name) of the languages that a reward's texts are asked in."""
    languages = [(code, language_name(code) or name) for code, name in content_languages()]
    known = {code for code, _name in languages}
    kept = campaign.translations.all() if campaign is not None else ()
    # What came through the API in other languages must not be lost here.
    return languages + [(text.locale, text.locale) for text in kept if text.locale not in known]


class CampaignForm(CampaignFields):
    """A whole reward. The subclasses, one for each type, have only what their type has (§1.2)."""

    type: ClassVar[RewardType]
    # The reward that a new one begins as a copy of.
    like: RewardCampaign | None = None

    # What to show

    def initial_values(self) -> dict[str, Any]:
        source: RewardCampaign | None = self.instance or self.like
        if source is None:
            return self._first_values()
        values = {name: getattr(source, name) for name in (*COMMON, *OWN, "labels")}
        values["earning_rule"] = str(source.earning_rule_uuid or "")
        values |= self.audience_values(
            self._ids(Level, source.level_ids), self._ids(Segment, source.segment_ids)
        )
        values["categories"] = self._ids(CampaignCategory, source.category_ids)
        for text in source.translations.all():
            values |= {f"{name}_{text.locale}": getattr(text, name) for name in TEXTS}
        if self.instance is None:
            # A copy begins switched off, so that it can be looked at first.
            values["is_active"] = False
            name = values.get(f"name_{DEFAULT_LOCALE}", "")
            values[f"name_{DEFAULT_LOCALE}"] = _("Copy of %(name)s") % {"name": name}
        return values

    def _ids(self, model: Any, keys: list[int]) -> list[str]:
        rows = model.objects.in_store(self.store).filter(pk__in=keys)
        return [str(uuid) for uuid in rows.values_list("uuid", flat=True)]

    def _first_values(self) -> dict[str, Any]:
        return {
            "is_active": True,
            "is_all_time_active": True,
            "is_all_time_visible": True,
            "is_unlimited": True,
            "days_inactive": 0,
            "days_valid": 0,
            "low_stock_threshold": 0,
            "connect_type": ConnectType.NONE.value,
            **self.everybody_values(),
        }

    def prepare(self) -> None:
        super().prepare()
        self.languages = languages_of(self.instance or self.like)
        self._add_texts()
        self._drop_what_others_have()
        self._fill_choices()
        self.sections = sections_of(  # type: ignore[misc]  # depends on the type
            self.type, languages=self.languages, zone=self.store.settings.timezone
        )

    def _add_texts(self) -> None:
        # The default language stands first.
        default = self.languages[0][0]
        for code, _language in self.languages:
            is_default = code == default
            fields: dict[str, forms.Field] = {
                "name": forms.CharField(label=_("Name"), max_length=255, required=is_default),
                "short_description": forms.CharField(
                    label=_("Short description"), required=False, widget=forms.Textarea
                ),
                "conditions_description": forms.CharField(
                    label=_("Conditions"), required=False, widget=forms.Textarea
                ),
                "usage_instruction": forms.CharField(
                    label=_("How to use it"),
                    required=False,
                    widget=forms.Textarea,
                    help_text=_("Sent along with the coupon."),
                ),
                "brand_name": forms.CharField(label=_("Brand"), max_length=255, required=False),
                "brand_description": forms.CharField(
                    label=_("About the brand"), required=False, widget=forms.Textarea
                ),
            }
            if self.type in WITHOUT_CONDITIONS:
                del fields["conditions_description"]
            if self.type in WITHOUT_USAGE:
                del fields["usage_instruction"]
            self.fields |= {f"{name}_{code}": field for name, field in fields.items()}

    def _drop_what_others_have(self) -> None:
        own = COLUMNS[self.type]
        absent = {name for name in OWN if name not in own}
        if "earning_rule_uuid" not in own:
            absent.add("earning_rule")
        if self.type not in CODE_TYPES:
            absent |= {"codes", "low_stock_threshold"}
        if self.instance is not None:
            # The pool has a page of its own.
            absent.add("codes")
        if self.type not in WITH_PHOTOS:
            absent.add("photo")
        if self.instance is None or not self.instance.brand_icon:
            absent.add("removes_brand_icon")
        for name in absent:
            self.fields.pop(name, None)

    def _fill_choices(self) -> None:
        categories = CampaignCategory.objects.in_store(self.store).prefetch_related("translations")
        self.offer("categories", categories)
        self._fill("cashback_provider", [("", _("your staff")), *((p, p) for p in PROVIDERS)])
        self._fill("connect_type", [(each.value, word(each.label)) for each in ConnectType])
        if "earning_rule" in self.fields:
            rules = connected_rules.list_rules(self.store)
            kinds = {each.value: word(each.label) for each in ConnectType}
            choices = [(str(rule.uuid), f"{kinds[rule.type]}: {rule.name}") for rule in rules]
            self._fill("earning_rule", [("", "–"), *choices])
        if "point_value" in self.fields:
            self.fields["point_value"].help_text = _("In %(currency)s.") % {
                "currency": self.store.currency
            }

    def _fill(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields.get(name)
        if field is not None:
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices

    # Saving

    def run(self, data: dict[str, Any]) -> RewardCampaign:
        whole = self.campaign_data(data)
        if self.instance is None:
            campaign = campaigns.create(store=self.store, data=whole, actor=self.actor)
        else:
            campaign = campaigns.update(campaign=self.instance, data=whole, actor=self.actor)
        self._save_pictures(campaign, data)
        return campaign

    def _save_pictures(self, campaign: RewardCampaign, data: dict[str, Any]) -> None:
        if data.get("photo"):
            with_field(
                "photo",
                pictures.add_photo,
                campaign=campaign,
                upload=data["photo"],
                actor=self.actor,
            )
        if data.get("brand_icon"):
            with_field(
                "brand_icon",
                pictures.set_brand_icon,
                campaign=campaign,
                upload=data["brand_icon"],
                actor=self.actor,
            )
        elif data.get("removes_brand_icon"):
            pictures.remove_brand_icon(campaign=campaign, actor=self.actor)

    def campaign_data(self, data: dict[str, Any]) -> CampaignData:
        """Return what was typed as the command takes it; of what was not valid, nothing."""
        given = {name: data[name] for name in (*COMMON, *OWN) if name in data}
        given["low_stock_threshold"] = given.get("low_stock_threshold") or 0
        for name in ("days_inactive", "days_valid"):
            if given.get(name) is None:
                given[name] = 0
        codes = tuple(data.get("codes") or ())
        return CampaignData(
            type=self.type,
            translations=self._texts(data),
            labels=tuple((label["key"], label["value"]) for label in data.get("labels") or ()),
            categories=tuple(data.get("categories") or ()),
            earning_rule=data.get("earning_rule") or "",
            coupons=codes or None,
            **self.audience(data),
            **given,
        )

    def _texts(self, data: dict[str, Any]) -> dict[str, CampaignText]:
        texts = {
            code: CampaignText(**{name: data.get(f"{name}_{code}", "") for name in TEXTS})
            for code, _language in self.languages
        }
        return {code: text for code, text in texts.items() if text != CampaignText()}

    def add_refusal(self, refusal: DomainError) -> None:
        """Say in the person's language what the command refuses, beside the right field."""
        if not isinstance(refusal, InvalidFields):
            self.add_error(refusal.field if refusal.field in self.fields else None, word(refusal))
            return
        for name, sentences in refusal.errors.items():
            match = _TEXT_FAULT.fullmatch(name)
            field = f"{match[2]}_{match[1]}" if match else {"coupons": "codes"}.get(name, name)
            if field == "segments" and self.cleaned_data.get("target") == Target.LEVEL:
                # The levels say the same.
                continue
            if field == "levels" and self.cleaned_data.get("target") == Target.SEGMENT:
                continue
            for sentence in sentences:
                self.add_error(field if field in self.fields else None, word(sentence))


def with_field(field: str, command: Any, **arguments: Any) -> None:
    """Run a command; what it refuses is about this field of the form."""
    try:
        command(**arguments)
    except DomainError as refusal:
        refusal.field = field
        raise


def _form_of(reward_type: RewardType) -> type[CampaignForm]:
    return type(f"{reward_type.name.title()}Form", (CampaignForm,), {"type": reward_type})


FORMS: dict[str, type[CampaignForm]] = {each.value: _form_of(each) for each in RewardType}


def copying(form: type[CampaignForm], like: RewardCampaign) -> type[CampaignForm]:
    """Return a form that begins with what another reward has."""
    return type(form.__name__, (form,), {"like": like})
