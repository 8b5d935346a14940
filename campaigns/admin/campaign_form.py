"""The form of a reward: what its type has, and what its settings mean while they are typed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.cockpit.forms import (
    CommandForm,
    LabelsField,
    LinesField,
    LocalDateTimeField,
    Section,
)
from accounts.cockpit.vocabulary import word
from accounts.models import Level, Segment
from campaigns.admin import words
from campaigns.models import (
    CODE_TYPES,
    DEFAULT_LOCALE,
    CampaignCategory,
    ConnectType,
    RewardCampaign,
    RewardType,
)
from campaigns.providers import PROVIDERS
from campaigns.selectors import audience, connected_rules
from campaigns.services import campaigns, pictures
from campaigns.services.campaigns import COLUMNS, CampaignData, CampaignText, Target
from loyalty.core import markdown
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.selectors.languages import content_languages

TEXTS = (
    "name",
    "short_description",
    "conditions_description",
    "usage_instruction",
    "brand_name",
    "brand_description",
)
WITHOUT_CONDITIONS = (RewardType.CASHBACK, RewardType.PERCENTAGE_DISCOUNT_CODE)
WITHOUT_USAGE = (*WITHOUT_CONDITIONS, RewardType.CUSTOM_CAMPAIGN_CODE)
WITH_PHOTOS = (*CODE_TYPES, RewardType.CUSTOM_CAMPAIGN_CODE)
# The columns that the form asks for under the same names.
PLAIN = (
    "is_active",
    "is_featured",
    "is_public",
    "more_information_link",
    "push_notification_text",
    "reward_value",
    "tax",
    "tax_price_value",
    "is_all_time_active",
    "active_from",
    "active_to",
    "low_stock_threshold",
)
OWN = (
    "cost_in_points",
    "point_value",
    "cashback_provider",
    "transaction_percentage_value",
    "is_unlimited",
    "is_single_coupon",
    "limit",
    "limit_per_user",
    "days_inactive",
    "days_valid",
    "is_all_time_visible",
    "visible_from",
    "visible_to",
    "has_fulfillment_tracking",
    "connect_type",
)
_TEXT_FAULT = re.compile(r"translations\.(\w+)\.(\w+)")
_AMOUNT: dict[str, Any] = {"required": False, "max_digits": 14, "decimal_places": 2, "min_value": 0}


@dataclass(frozen=True)
class Preview:
    """What the form's settings mean. `reach` None: nobody can say yet."""

    name: str
    price: str
    is_in_points: bool
    text: str
    sentences: Sequence[str]
    reach: int | None


def languages_of(campaign: RewardCampaign | None) -> list[tuple[str, str]]:
    """Return (code, name) of the languages that a reward's texts are asked in."""
    languages = [(code, _(name)) for code, name in content_languages()]
    known = {code for code, _name in languages}
    kept = campaign.translations.all() if campaign is not None else ()
    # What came through the API in other languages must not be lost here.
    return languages + [(text.locale, text.locale) for text in kept if text.locale not in known]


class CampaignForm(CommandForm):
    """A whole reward. The subclasses, one for each type, have only what their type has (§1.2)."""

    type: ClassVar[RewardType]
    # The reward that a new one begins as a copy of.
    like: RewardCampaign | None = None

    is_active = forms.BooleanField(
        label=pgettext_lazy("it is on", "Active"),
        required=False,
        help_text=gettext_lazy("Off: nobody can buy it, whatever the dates say."),
    )
    cost_in_points = forms.DecimalField(
        label=gettext_lazy("Price in points"),
        help_text=gettext_lazy("0: it costs nothing."),
        **_AMOUNT | {"required": True},
    )
    point_value = forms.DecimalField(
        label=gettext_lazy("Worth of one point"), **_AMOUNT | {"required": True}
    )
    cashback_provider = forms.ChoiceField(label=gettext_lazy("Paid out by"), required=False)
    transaction_percentage_value = forms.IntegerField(
        label=gettext_lazy("Percentage of the purchase"),
        min_value=0,
        max_value=99,
        help_text=gettext_lazy("Rounded to whole units: 10 percent of 47 is 5."),
    )
    has_fulfillment_tracking = forms.BooleanField(
        label=gettext_lazy("Follow the delivery"),
        required=False,
        help_text=gettext_lazy(
            "When a coupon is used, those who send things out are told by e-mail."
        ),
    )
    connect_type = forms.ChoiceField(label=gettext_lazy("Points come by"))
    earning_rule = forms.ChoiceField(label=gettext_lazy("Earning rule"), required=False)
    reward_value = forms.DecimalField(
        label=gettext_lazy("Worth of the reward"),
        help_text=gettext_lazy("In money; for your reports."),
        **_AMOUNT,
    )
    tax = forms.IntegerField(
        label=gettext_lazy("Tax, %"), required=False, min_value=0, max_value=98
    )
    tax_price_value = forms.DecimalField(label=gettext_lazy("Tax, amount"), **_AMOUNT)

    is_single_coupon = forms.BooleanField(
        label=gettext_lazy("One code for all"),
        required=False,
        help_text=gettext_lazy("Everybody gets the first code of the pool."),
    )
    is_unlimited = forms.BooleanField(
        label=gettext_lazy("Unlimited"),
        required=False,
        help_text=gettext_lazy("Off: at most as often as the two limits say."),
    )
    limit = forms.IntegerField(label=gettext_lazy("In all"), required=False, min_value=1)
    limit_per_user = forms.IntegerField(
        label=gettext_lazy("Each customer"), required=False, min_value=1
    )
    codes = LinesField(
        label=gettext_lazy("First codes"),
        required=False,
        help_text=gettext_lazy(
            "One in each line. Leave it empty to load a file or to generate codes afterwards."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    low_stock_threshold = forms.IntegerField(
        label=gettext_lazy("Alert below"),
        required=False,
        min_value=0,
        help_text=gettext_lazy("Free codes. 0: only when none is left."),
    )
    days_inactive = forms.IntegerField(
        label=gettext_lazy("Days until it works"),
        required=False,
        min_value=0,
        help_text=gettext_lazy("0: at once."),
    )
    days_valid = forms.IntegerField(
        label=gettext_lazy("Days that it works"),
        required=False,
        min_value=0,
        help_text=gettext_lazy("Counted after the days before it works. 0: for ever."),
    )

    target = forms.ChoiceField(
        label=gettext_lazy("For whom"),
        choices=[
            (Target.LEVEL.value, gettext_lazy("customers on these levels")),
            (Target.SEGMENT.value, gettext_lazy("customers in these segments")),
        ],
    )
    levels = forms.MultipleChoiceField(
        label=gettext_lazy("Levels"), required=False, widget=forms.CheckboxSelectMultiple
    )
    segments = forms.MultipleChoiceField(
        label=gettext_lazy("Segments"), required=False, widget=forms.CheckboxSelectMultiple
    )
    is_all_time_active = forms.BooleanField(
        label=gettext_lazy("Can be had always"),
        required=False,
        help_text=gettext_lazy("Off: only between the two dates."),
    )
    active_from = LocalDateTimeField(label=gettext_lazy("From"), required=False)
    active_to = LocalDateTimeField(label=gettext_lazy("Until"), required=False)
    is_all_time_visible = forms.BooleanField(
        label=gettext_lazy("Always shown"),
        required=False,
        help_text=gettext_lazy(
            "Off: customers see it only between the two dates, maybe before it can be had."
        ),
    )
    visible_from = LocalDateTimeField(label=gettext_lazy("From"), required=False)
    visible_to = LocalDateTimeField(label=gettext_lazy("Until"), required=False)

    categories = forms.MultipleChoiceField(
        label=gettext_lazy("Categories"), required=False, widget=forms.CheckboxSelectMultiple
    )
    is_featured = forms.BooleanField(
        label=gettext_lazy("Featured"),
        required=False,
        help_text=gettext_lazy("Apps may put it in front."),
    )
    is_public = forms.BooleanField(
        label=gettext_lazy("Public"),
        required=False,
        help_text=gettext_lazy("Also shown to who is not signed in."),
    )
    labels = LabelsField(
        label=gettext_lazy("Labels"),
        required=False,
        help_text=gettext_lazy("One in each line: key: value"),
    )
    more_information_link = forms.CharField(
        label=gettext_lazy("Link to more"), required=False, max_length=2000
    )
    push_notification_text = forms.CharField(
        label=gettext_lazy("Push message"),
        required=False,
        widget=forms.Textarea,
        help_text=gettext_lazy("Sent once to each customer whom it newly concerns. Empty: none."),
    )
    photo = forms.FileField(
        label=gettext_lazy("Add a photo"),
        required=False,
        help_text=gettext_lazy("PNG, JPEG or GIF, at least 600 × 600 pixels, at most 2 MB."),
    )
    brand_icon = forms.FileField(
        label=gettext_lazy("Brand icon"),
        required=False,
        help_text=gettext_lazy("PNG, JPEG or GIF, at most 2 MB."),
    )
    removes_brand_icon = forms.BooleanField(
        label=gettext_lazy("Remove the brand icon"), required=False
    )

    # What to show

    def initial_values(self) -> dict[str, Any]:
        source: RewardCampaign | None = self.instance or self.like
        if source is None:
            return self._first_values()
        values = {name: getattr(source, name) for name in (*PLAIN, *OWN, "labels")}
        values["earning_rule"] = str(source.earning_rule_uuid or "")
        for name, model, ids in (
            ("levels", Level, source.level_ids),
            ("segments", Segment, source.segment_ids),
            ("categories", CampaignCategory, source.category_ids),
        ):
            rows = model.objects.in_store(self.store).filter(pk__in=ids)
            values[name] = [str(uuid) for uuid in rows.values_list("uuid", flat=True)]
        is_for_segments = source.segment_ids and not source.level_ids
        values["target"] = (Target.SEGMENT if is_for_segments else Target.LEVEL).value
        for text in source.translations.all():
            values |= {f"{name}_{text.locale}": getattr(text, name) for name in TEXTS}
        if self.instance is None:
            # A copy begins switched off, so that it can be looked at first.
            values["is_active"] = False
            name = values.get(f"name_{DEFAULT_LOCALE}", "")
            values[f"name_{DEFAULT_LOCALE}"] = _("Copy of %(name)s") % {"name": name}
        return values

    def _first_values(self) -> dict[str, Any]:
        levels = Level.objects.in_store(self.store).values_list("uuid", flat=True)
        return {
            "is_active": True,
            "is_all_time_active": True,
            "is_all_time_visible": True,
            "is_unlimited": True,
            "target": Target.LEVEL.value,
            # Everybody is on a level.
            "levels": [str(uuid) for uuid in levels],
            "days_inactive": 0,
            "days_valid": 0,
            "low_stock_threshold": 0,
            "connect_type": ConnectType.NONE.value,
        }

    def prepare(self) -> None:
        self.languages = languages_of(self.instance or self.like)
        self._add_texts()
        self._drop_what_others_have()
        self._fill_choices()
        self.sections = self._sections()  # type: ignore[misc]  # depends on the type

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
        levels = Level.objects.in_store(self.store).prefetch_related("translations")
        categories = CampaignCategory.objects.in_store(self.store).prefetch_related("translations")
        for name, rows in (
            ("levels", levels),
            ("segments", Segment.objects.in_store(self.store).order_by("name", "pk")),
            ("categories", categories),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.MultipleChoiceField)
            field.choices = [(str(row.uuid), str(row)) for row in rows]
            if not field.choices:
                field.help_text = _("There are none yet.")
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

    def _sections(self) -> tuple[Section, ...]:
        texts = [
            Section(
                _("Texts in %(language)s") % {"language": language},
                tuple(f"{name}_{code}" for name in TEXTS),
                _(
                    "Longer texts are written in Markdown. "
                    "What is missing is shown in the default language."
                )
                if code != self.languages[0][0]
                else "",
            )
            for code, language in self.languages
        ]
        first, *others = texts
        zone = _("Times are in %(zone)s.") % {"zone": self.store.settings.timezone}
        offer = (
            "is_active",
            "cost_in_points",
            "point_value",
            "cashback_provider",
            "transaction_percentage_value",
            "connect_type",
            "earning_rule",
            "has_fulfillment_tracking",
        )
        limits = (
            "codes",
            "is_single_coupon",
            "is_unlimited",
            "limit_per_user",
            "limit",
            "low_stock_threshold",
        )
        active = ("is_all_time_active", "active_from", "active_to")
        shown = ("is_all_time_visible", "visible_from", "visible_to")
        return (
            first,
            Section(_("Offer"), offer, words.TYPE_TEXTS[self.type][1]),
            Section(_("Codes and limits"), limits),
            Section(
                _("Life of a coupon"),
                ("days_inactive", "days_valid"),
                _("Counted from the moment in which a customer gets it."),
            ),
            Section(_("For whom"), ("target", "levels", "segments")),
            Section(_("When it can be had"), active, zone),
            Section(_("When customers see it"), shown, zone),
            Section(
                _("How it is found"),
                ("categories", "is_featured", "is_public", "labels", "more_information_link"),
            ),
            Section(_("Pictures"), ("photo", "brand_icon", "removes_brand_icon")),
            *others,
            Section(
                _("Message and reports"),
                ("push_notification_text", "reward_value", "tax", "tax_price_value"),
            ),
        )

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
        given = {name: data[name] for name in (*PLAIN, *OWN) if name in data}
        given["low_stock_threshold"] = given.get("low_stock_threshold") or 0
        for name in ("days_inactive", "days_valid"):
            if given.get(name) is None:
                given[name] = 0
        target = data.get("target") or Target.LEVEL.value
        codes = tuple(data.get("codes") or ())
        return CampaignData(
            type=self.type,
            translations=self._texts(data),
            labels=tuple((label["key"], label["value"]) for label in data.get("labels") or ()),
            target=Target(target),
            levels=tuple(data.get("levels") or ()) if target == Target.LEVEL else (),
            segments=tuple(data.get("segments") or ()) if target == Target.SEGMENT else (),
            categories=tuple(data.get("categories") or ()),
            earning_rule=data.get("earning_rule") or "",
            coupons=codes or None,
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

    # What it means

    def preview(self) -> Preview:
        """Say what is in the form, saved or not. Nothing is written; three queries at most."""
        if self.is_bound:
            self.is_valid()
            campaign = self._typed(self.cleaned_data)
        elif self.instance is not None:
            campaign = self.instance
        else:
            campaign = self._typed(
                {
                    name: self.initial.get(name)
                    for name in self.fields
                    if self.initial.get(name) is not None
                }
            )
        return self._preview_of(campaign)

    def _typed(self, data: dict[str, Any]) -> RewardCampaign:
        """Return what was typed as a reward that is nowhere kept."""
        whole = self.campaign_data(data)
        own = COLUMNS[self.type]
        campaign = RewardCampaign(store=self.store, type=self.type)
        for name in (*PLAIN, *OWN):
            value = getattr(whole, name)
            if name in PLAIN or name in own:
                setattr(campaign, name, value)
        if campaign.is_unlimited:
            campaign.limit = campaign.limit_per_user = None
        for name, model in (("level_ids", Level), ("segment_ids", Segment)):
            uuids = getattr(whole, name.replace("_ids", "s"))
            rows = model.objects.in_store(self.store).filter(uuid__in=uuids) if uuids else ()
            setattr(campaign, name, [row.pk for row in rows])
        text = whole.translations.get(DEFAULT_LOCALE, CampaignText())
        self.typed_text = text
        return campaign

    def _preview_of(self, campaign: RewardCampaign) -> Preview:
        text: Any = (
            campaign.translated(DEFAULT_LOCALE) if campaign.pk is not None else self.typed_text
        )
        has_price = _has_price(campaign)
        is_ready = (
            has_price
            and bool(campaign.level_ids or campaign.segment_ids)
            and (campaign.is_all_time_active or (campaign.active_from and campaign.active_to))
            and (
                campaign.is_all_time_visible
                or "is_all_time_visible" not in self.fields
                or (campaign.visible_from and campaign.visible_to)
            )
        )
        is_custom = campaign.type == RewardType.CUSTOM_CAMPAIGN_CODE
        names = audience.get_names(self.store, [campaign])
        for_whom = words.audience_of(campaign, names)
        return Preview(
            name=text.name,
            price=words.price_of(campaign) if has_price and not is_custom else "",
            is_in_points=campaign.has_pool and bool(campaign.cost_in_points),
            text=strip_tags(markdown.html(text.short_description)),
            sentences=words.sentences_of(campaign, audience=for_whom) if is_ready else (),
            reach=audience.count_targeted(self.store, [campaign])[campaign.pk]
            if for_whom
            else None,
        )


def _has_price(campaign: RewardCampaign) -> bool:
    if campaign.type == RewardType.CASHBACK:
        return campaign.point_value is not None
    if campaign.type == RewardType.PERCENTAGE_DISCOUNT_CODE:
        return campaign.transaction_percentage_value is not None
    # What is being typed may lack what a stored one has.
    cost: Any = campaign.cost_in_points
    return not campaign.has_pool or cost is not None


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
