"""Where the chapter Transactions stands, below `/api/<store>/` and for 3.x clients `/api/`."""

from django.urls import URLPattern, path

from transactions.api.open_loyalty import analytics, imports, views

store_urls = [
    path("transaction", views.Transactions.as_view()),
    path("transaction/simulate", views.Simulate.as_view()),
    path("transaction/item/labels", views.ItemLabels.as_view()),
    path("transaction/<str:transaction>/label", views.Label.as_view()),
    path("transaction/<str:transaction>", views.TransactionDetails.as_view()),
    path("admin/transaction/customer/assign", views.Assign.as_view()),
    path("admin/transaction/import", imports.ImportTransactions.as_view()),
    path("admin/transaction/customer/assign/import", imports.ImportMatches.as_view()),
    path("admin/transaction/labels", views.AdminLabels.as_view()),
    path("admin/analytics/transactions", analytics.TransactionStatistics.as_view()),
    path("pos/transaction/customer/assign", views.SellerAssign.as_view()),
    # 3.x called it so.
    path("seller/transaction/customer/assign", views.SellerAssign.as_view()),
    path("seller/transaction", views.SellerTransactions.as_view()),
    path(
        "seller/transaction/customer/<uuid:customer>", views.SellerTransactionsOfCustomer.as_view()
    ),
    # Document numbers may contain slashes: FV/2019/02/117.
    path("seller/transaction/<path:document_number>", views.SellerTransactionsByNumber.as_view()),
    path("customer/transaction", views.CustomerTransactions.as_view()),
    path("customer/transaction/customer/assign", views.Claim.as_view()),
    path("customer/transaction/labels", views.CustomerLabels.as_view()),
    # 3.x called it so.
    path("customer/transaction/labels/append", views.CustomerLabels.as_view()),
    path("customer/transaction/<str:transaction>", views.CustomerTransactionDetails.as_view()),
]
global_urls: list[URLPattern] = []
