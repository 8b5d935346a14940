"""The form of a reward: what its type has, and what its settings mean while they are typed."""

from campaigns.admin.campaign_form.form import FORMS, CampaignForm, copying
from campaigns.admin.campaign_form.preview import preview_of

__all__ = ["FORMS", "CampaignForm", "copying", "preview_of"]
