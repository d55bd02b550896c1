"""Products, keywords and imports."""

from django.urls import URLPattern, URLResolver, path

from generation.views import gaps, imports, keywords, products

urlpatterns: list[URLPattern | URLResolver] = [
    path("products/", products.product_list, name="product-list"),
    path("products/<int:pk>/", products.product_detail, name="product-detail"),
    path("keywords/", keywords.keyword_list, name="keyword-list"),
    path("keywords/<int:pk>/examples/", keywords.keyword_examples, name="keyword-examples"),
    path("keywords/gaps/", gaps.gap_list, name="gap-list"),
    path("keywords/gaps/<int:pk>/dismiss/", gaps.gap_dismiss, name="gap-dismiss"),
    path("keywords/gaps/<int:pk>/reopen/", gaps.gap_reopen, name="gap-reopen"),
    path("keywords/preview/", gaps.keyword_preview, name="keyword-preview"),
    path("keywords/add/", gaps.keyword_add, name="keyword-add"),
    path("keywords/<int:pk>/remove/", gaps.keyword_remove, name="keyword-remove"),
    path("imports/", imports.import_list, name="import-list"),
    path("imports/new/", imports.import_create, name="import-create"),
    path("imports/<int:pk>/", imports.import_detail, name="import-detail"),
    path("imports/<int:pk>/preview/", imports.import_preview, name="import-preview"),
    path("imports/<int:pk>/confirm/", imports.import_confirm, name="import-confirm"),
    path("imports/<int:pk>/discard/", imports.import_discard, name="import-discard"),
    path("imports/<int:pk>/report.csv", imports.import_report, name="import-report"),
]
