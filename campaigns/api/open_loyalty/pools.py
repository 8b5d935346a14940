"""Pools of any size, filled in the background: our own. Source: POOL-5."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api.open_loyalty.campaign_forms import PhotoForm
from campaigns.api.open_loyalty.campaigns import CampaignView
from campaigns.models import PoolJob
from campaigns.services import pool_jobs
from loyalty.core.api.formats import date_time
from loyalty.core.api.forms import Form, FormOf


class GenerateForm(Form):
    """In `pattern` each # becomes a random character, % a check character."""

    pattern = serializers.CharField()
    count = serializers.IntegerField()


class FileForm(PhotoForm):
    """Codes in a text file, parted by semicolons or line ends."""


class PoolView(CampaignView):
    def row(self, job: PoolJob) -> dict[str, Any]:
        return {
            "jobId": str(job.uuid),
            "kind": job.kind,
            "status": job.status,
            "done": job.done,
            "total": job.total,
            "added": job.added,
            "skipped": job.skipped,
            "error": job.error or None,
            "createdAt": date_time(job.created_at, self.zone),
            "finishedAt": date_time(job.finished_at, self.zone),
        }


class PoolJobs(PoolView):
    """`GET campaign/<campaign>/coupons/jobs`: what was brought in, and how far that is."""

    def get(self, request: Request, **ids: Any) -> Response:
        found = PoolJob.objects.filter(campaign=self.campaign())
        return self.listed(found, key="jobs", row=self.row)


class GenerateCodes(PoolView):
    """`POST campaign/<campaign>/coupons/generate`: codes by a pattern, in the background."""

    forms = {"POST": FormOf(GenerateForm)}

    def post(self, request: Request, **ids: Any) -> Response:
        campaign = self.campaign()
        job = pool_jobs.generate(campaign=campaign, actor=self.actor, **self.form())
        return Response(self.row(job))


class LoadCodes(PoolView):
    """`POST campaign/<campaign>/coupons/file`: the codes of a file, in the background."""

    forms = {"POST": FormOf(FileForm, root="coupons")}

    def post(self, request: Request, **ids: Any) -> Response:
        campaign = self.campaign()
        job = pool_jobs.load(campaign=campaign, file=self.form()["file"], actor=self.actor)
        return Response(self.row(job))
