"""Where the chapters Segment and Utilities stand, below a store's code."""

from django.urls import URLPattern, path

from accounts.api.open_loyalty import exports, segments

store_urls: list[URLPattern] = [
    path("segment", segments.Segments.as_view()),
    path("segment/<uuid:segment>", segments.SegmentDetail.as_view()),
    path("segment/<uuid:segment>/activate", segments.ActivateSegment.as_view()),
    path("segment/<uuid:segment>/deactivate", segments.DeactivateSegment.as_view()),
    path("segment/<uuid:segment>/customers", segments.SegmentCustomers.as_view()),
    path("csv/segment/<uuid:segment>", exports.SegmentExport.as_view()),
    path("csv/level/<uuid:level>", exports.LevelExport.as_view()),
]
