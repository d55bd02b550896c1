"""Pages over HTTP: their versions, publishing and rolling back."""

from typing import Any

from django.db.models import Count, Prefetch
from django.http import Http404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from accounts.access import REVIEWERS
from accounts.api_view import StudioView
from review.api.shapes import PageOut, PublishIn, RollbackIn, SegmentQuery, VersionDetailOut, VersionOut
from review.models import Draft, Page, PageVersion, Publication
from review.publishing import services
from storefront_studio.lib.errors import BadInput

FULL = ("page__live", "created_by")


class PageView(StudioView):
    """What the endpoints of one page share. `?segment=` names the audience, “default” when left out."""

    writers = REVIEWERS

    def page(self, slug: str) -> Page:
        segment = self.asked(SegmentQuery)["segment"]
        found = (
            Page.objects.filter(store=self.store, slug=slug, segment=segment).select_related("live", "store").first()
        )
        if found is None:
            raise Http404
        return found

    def version(self, slug: str, number: int) -> PageVersion:
        found = PageVersion.objects.select_related(*FULL).filter(page=self.page(slug), number=number).first()
        if found is None:
            raise Http404
        return found

    def described(self, version: PageVersion) -> Any:
        publications = Publication.objects.select_related("version", "previous", "actor")
        rows = PageVersion.objects.select_related(*FULL).prefetch_related(Prefetch("publications", publications))
        return VersionDetailOut(rows.get(pk=version.pk)).data


class Pages(StudioView):
    @extend_schema(operation_id="pages_list", summary="Pages of the shop", responses=PageOut(many=True))
    def get(self, request: Request) -> Response:
        pages = Page.objects.filter(store=self.store).select_related("live")
        return self.paged(pages.annotate(version_count=Count("versions")), PageOut)


class Versions(PageView):
    @extend_schema(
        operation_id="versions_list",
        summary="Versions of a page, newest first",
        parameters=[SegmentQuery],
        responses=VersionOut(many=True),
    )
    def get(self, request: Request, page: str) -> Response:
        return self.paged(
            PageVersion.objects.filter(page=self.page(page)).select_related(*FULL).defer("body"), VersionOut
        )

    @extend_schema(
        operation_id="versions_publish_draft",
        summary="Freeze what is approved in a draft, and make it live",
        request=PublishIn,
        responses={
            201: VersionDetailOut,
            200: OpenApiResponse(VersionDetailOut, "The live version is this very page already."),
        },
    )
    def post(self, request: Request, page: str) -> Response:
        given = self.given(PublishIn)
        draft = Draft.objects.filter(store=self.store, pk=given["draft"]).select_related("store", "campaign").first()
        if draft is None:
            raise ValidationError({"draft": ["There is no such draft in your store."]})
        if draft.page != page:
            raise ValidationError({"draft": [f"This draft is for the page “{draft.page}”."]})
        newest = PageVersion.objects.order_by("-id").values_list("id", flat=True).first() or 0
        version = services.publish(draft=draft, actor=self.person, allow_waiting=given["allow_waiting"])
        return Response(self.described(version), status=201 if version.pk > newest else 200)


class VersionDetail(PageView):
    @extend_schema(
        operation_id="versions_read", summary="One version", parameters=[SegmentQuery], responses=VersionDetailOut
    )
    def get(self, request: Request, page: str, number: int) -> Response:
        return Response(self.described(self.version(page, number)))


class VersionPublish(PageView):
    @extend_schema(
        operation_id="versions_publish",
        summary="Make a version live",
        parameters=[SegmentQuery],
        request=None,
        responses=VersionDetailOut,
    )
    def post(self, request: Request, page: str, number: int) -> Response:
        version = self.version(page, number)
        return Response(self.described(services.publish_version(page=version.page, version=version, actor=self.person)))


class VersionRollback(PageView):
    @extend_schema(
        operation_id="versions_rollback",
        summary="Roll back to this version",
        parameters=[SegmentQuery],
        request=None,
        responses=VersionDetailOut,
    )
    def post(self, request: Request, page: str, number: int) -> Response:
        version = self.version(page, number)
        live = version.page.live
        if live is not None and number > live.number:
            raise BadInput(f"Version {live.number} is live and older than {number}; publish version {number} instead.")
        return Response(self.described(services.publish_version(page=version.page, version=version, actor=self.person)))


class Rollback(PageView):
    @extend_schema(
        operation_id="pages_rollback",
        summary="Roll back to the version that was live before, or to the one named",
        parameters=[SegmentQuery],
        request=RollbackIn,
        responses=VersionDetailOut,
    )
    def post(self, request: Request, page: str) -> Response:
        found = self.page(page)
        to = self.given(RollbackIn)["to"]
        version = found.versions.filter(number=to).first() if to else _before(found)
        if version is None:
            there = f"no version {to}" if to else "no version that was live before"
            raise BadInput(f"The page “{found}” has {there}.")
        return Response(self.described(services.publish_version(page=found, version=version, actor=self.person)))


def _before(page: Page) -> PageVersion | None:
    """The newest version older than the live one that was live before."""
    if page.live is None:
        return None
    went_live = page.versions.filter(number__lt=page.live.number, publications__isnull=False)
    return went_live.order_by("-number").first()
