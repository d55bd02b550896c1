"""The closed vocabulary over HTTP."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_view import StudioView
from generation.api.shapes import KeywordOut, KeywordQuery
from generation.models import Keyword


class Keywords(StudioView):
    @extend_schema(
        operation_id="keywords_list",
        summary="What retrieval understands",
        parameters=[KeywordQuery],
        responses=KeywordOut(many=True),
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(KeywordQuery)
        keywords = Keyword.objects.filter(store=self.store).defer("embedding")
        if asked.get("q"):
            keywords = keywords.filter(text__icontains=asked["q"])
        if asked.get("kind"):
            keywords = keywords.filter(kind=asked["kind"])
        return self.paged(keywords, KeywordOut)
