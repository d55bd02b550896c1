"""The catalogue over HTTP, read only: feeds bring it in."""

from django.contrib.postgres.search import SearchQuery
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_view import StudioView
from generation.api.shapes import ProductOut, ProductQuery
from generation.models import Product


class Products(StudioView):
    @extend_schema(
        operation_id="products_list",
        summary="Products, newest first",
        parameters=[ProductQuery],
        responses=ProductOut(many=True),
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(ProductQuery)
        products = Product.objects.filter(store=self.store)
        if asked.get("q"):
            products = products.filter(search=SearchQuery(asked["q"], config="english", search_type="websearch"))
        if asked.get("category"):
            node = " > ".join(part.strip() for part in asked["category"].split(">"))
            products = products.filter(categories__contains=[node])
        if asked.get("brand"):
            products = products.filter(brand__iexact=asked["brand"])
        if asked.get("availability"):
            products = products.filter(availability=asked["availability"])
        if asked.get("price_min") is not None:
            products = products.filter(effective_price__gte=asked["price_min"])
        if asked.get("price_max") is not None:
            products = products.filter(effective_price__lte=asked["price_max"])
        if asked["on_sale"] is not None:
            products = products.filter(sale_price__isnull=not asked["on_sale"])
        return self.paged(products, ProductOut)


class ProductDetail(StudioView):
    @extend_schema(operation_id="products_read", summary="One product, by the id of its feed", responses=ProductOut)
    def get(self, request: Request, product_id: str) -> Response:
        return Response(ProductOut(product_of(self, product_id)).data)


def product_of(view: StudioView, product_id: str) -> Product:
    """A product of the caller's store by its feed's id. Raises Http404."""
    found = None if "\0" in product_id else Product.objects.filter(store=view.store, item_id=product_id).first()
    if found is None:
        raise Http404
    return found
