"""Pictures of rewards: anybody may look at them, staff change them. Source: PIC-1…3."""

from typing import Any

from django.http import FileResponse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import parse
from campaigns.api.open_loyalty.campaign_forms import PhotoForm
from campaigns.api.open_loyalty.campaigns import CampaignView
from campaigns.models import CampaignPhoto
from campaigns.services import pictures
from loyalty.core import pictures as files
from loyalty.core.api.forms import FormOf
from loyalty.core.api.views import PUBLIC
from loyalty.core.errors import NotFound


class PictureView(CampaignView):
    rules = {"GET": PUBLIC}


class Photos(PictureView):
    """
    `campaign/<campaign>/photo`: add a photo.

    `GET` and `DELETE` are release 3.x's, which knew only one: they mean the first.
    """

    forms = {"POST": FormOf(PhotoForm, root="photo")}

    def get(self, request: Request, **ids: Any) -> FileResponse:
        return _shown(self._first())

    def post(self, request: Request, **ids: Any) -> Response:
        campaign = self.campaign()
        pictures.add_photo(campaign=campaign, upload=self.form()["file"], actor=self.actor)
        return Response()

    def delete(self, request: Request, **ids: Any) -> Response:
        pictures.remove_photo(photo=self._first(), actor=self.actor)
        return Response()

    def _first(self) -> CampaignPhoto:
        photo = CampaignPhoto.objects.filter(campaign=self.campaign()).first()
        if photo is None:
            raise NotFound
        return photo


class Photo(PictureView):
    """`GET` and `DELETE campaign/<campaign>/photo/<photo>`."""

    def get(self, request: Request, **ids: Any) -> FileResponse:
        return _shown(self._photo())

    def delete(self, request: Request, **ids: Any) -> Response:
        pictures.remove_photo(photo=self._photo(), actor=self.actor)
        return Response(status=204)

    def _photo(self) -> CampaignPhoto:
        uuid = parse(str(self.kwargs["photo"]))
        photo = CampaignPhoto.objects.filter(campaign=self.campaign(), uuid=uuid).first()
        if photo is None:
            raise NotFound
        return photo


class BrandIcon(PictureView):
    """`GET`, `POST` and `DELETE campaign/<campaign>/brand_icon`."""

    forms = {"POST": FormOf(PhotoForm, root="brand_icon")}

    def get(self, request: Request, **ids: Any) -> FileResponse:
        icon = self.campaign().brand_icon
        if not icon:
            raise NotFound
        return _file(icon)

    def post(self, request: Request, **ids: Any) -> Response:
        campaign = self.campaign()
        pictures.set_brand_icon(campaign=campaign, upload=self.form()["file"], actor=self.actor)
        return Response(status=204)

    def delete(self, request: Request, **ids: Any) -> Response:
        pictures.remove_brand_icon(campaign=self.campaign(), actor=self.actor)
        return Response(status=204)


def _shown(photo: CampaignPhoto) -> FileResponse:
    return _file(photo.image)


def _file(field: Any) -> FileResponse:
    try:
        return FileResponse(field.open("rb"), content_type=files.content_type(str(field.name)))
    except FileNotFoundError as error:  # the media folder was not moved along
        raise NotFound from error
