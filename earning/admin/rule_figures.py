"""What a rule has given: in sum, and the last times."""

from django.utils.translation import gettext as _

from accounts.cockpit import formats
from accounts.cockpit.pages import Column, Fact, Panel, Table
from earning.models import EarningRule
from earning.selectors import rule_statistics

GIVEN_SHOWN = 20


def given_panel(rule: EarningRule) -> Panel:
    """Return what a rule has given: two queries, however much it is."""
    given = rule_statistics.sum_given(rule)
    is_cut = given.count == rule_statistics.COUNTED_MAX
    return Panel(
        _("What it has given"),
        [
            Fact(_("How often"), f"{formats.whole(given.count)}{'+' if is_cut else ''}"),
            Fact(_("Points"), f"{formats.points(given.points)}{'+' if is_cut else ''}"),
            Fact(_("Last time"), formats.time_tag(given.last_at)),
        ],
        note=_("Only the latest are counted.") if is_cut else "",
    )


def given_table(rule: EarningRule) -> Table:
    """Return the last times a rule gave points."""
    return Table(
        title=_("Last given"),
        columns=(Column(_("When")), Column(_("Customer")), Column(_("Points"), True)),
        rows=[
            (formats.time_tag(given_at), customer.name, formats.signed_figure(points))
            for given_at, customer, points in rule_statistics.list_given(rule, GIVEN_SHOWN)
        ],
        empty=_("This rule has given nothing yet."),
    )
