"""Where the chapter Points transfers stands, below a store's code."""

from django.urls import URLPattern, path

from accounts.api.open_loyalty import transfer_imports, transfers

store_urls: list[URLPattern] = [
    path("points/transfer", transfers.Transfers.as_view()),
    path("seller/points/transfer", transfers.SellerTransfers.as_view()),
    path("customer/points/transfer", transfers.OwnTransfers.as_view()),
    path("points/transfer/add", transfers.AddPoints.as_view()),
    path("points/transfer/spend", transfers.SpendPoints.as_view()),
    path("pos/points/transfer/add", transfers.SellerAddPoints.as_view()),
    path("pos/points/transfer/spend", transfers.SellerSpendPoints.as_view()),
    path("points/transfer/block", transfers.BlockPoints.as_view()),
    path("points/transfer/import", transfer_imports.ImportTransfers.as_view()),
    path("points/transfer/<uuid:transfer>/cancel", transfers.CancelTransfer.as_view()),
    path("points/transfer/<uuid:transfer>/activate", transfers.ActivateTransfer.as_view()),
    path("points/transfer/<uuid:transfer>/expire", transfers.ExpireTransfer.as_view()),
    path("admin/p2p-points-transfer", transfers.SendBetween.as_view()),
    # As release 3.2 spells it.
    path("admin/p2p-points-tranfer", transfers.SendBetween.as_view()),
    path("customer/points/p2p-transfer", transfers.SendOwn.as_view()),
    path("points/transfers", transfers.Histogram.as_view()),
]
