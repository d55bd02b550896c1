"""What the API answers outside its endpoints: the document, the pages that show it, and addresses that do not exist."""

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from storefront_studio.lib import api_errors


class Schema(SpectacularAPIView):
    """The OpenAPI document, as YAML, or as JSON for who asks for that."""

    authentication_classes = ()


class Docs(SpectacularSwaggerSplitView):
    """Swagger UI from our own origin; its script comes from a second address, so that no script is inline."""

    template_name = "api/docs.html"
    authentication_classes = ()
    url_name = "api-schema"


class Nothing(APIView):
    """404 in the API's shape; a reader who forgot the last slash is sent on."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Before any method is looked for: what does not exist has none."""

    @extend_schema(exclude=True)
    def get(self, request: Request, **kwargs: object) -> HttpResponse:
        return self._answer(request)

    post = put = patch = delete = get

    def _answer(self, request: Request) -> HttpResponse:
        with_slash = f"{request.path}/"
        if request.path.endswith("/") or not _known(with_slash):
            return Response(api_errors.body("not_found", f"There is no address {request.path}."), status=404)
        if request.method == "GET":
            query = request.META.get("QUERY_STRING", "")
            return HttpResponseRedirect(f"{with_slash}?{query}" if query else with_slash)
        return Response(api_errors.body("not_found", f"Addresses end with a slash: {with_slash}"), status=404)


def _known(path: str) -> bool:
    try:
        return resolve(path).url_name != "api-nothing"
    except Resolver404:
        return False
