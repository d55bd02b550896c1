"""Feeds over HTTP: send a file, watch the import, read what was wrong with it."""

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from accounts.access import REVIEWERS
from accounts.api_view import StudioView
from generation import imports, services
from generation.api.shapes import ImportOut, ImportReport, ImportStart
from generation.catalog.feed import Mapping
from generation.models import ImportJob


class Imports(StudioView):
    parser_classes = [MultiPartParser]
    writers = REVIEWERS

    @extend_schema(operation_id="imports_list", summary="Imports, newest first", responses=ImportOut(many=True))
    def get(self, request: Request) -> Response:
        jobs = ImportJob.objects.filter(store=self.store).select_related("requested_by")
        return self.paged(jobs, ImportOut)

    @extend_schema(
        operation_id="imports_start",
        summary="Import a feed",
        description="Answers at once; rows come in in the background. Products are added and changed, never removed.",
        request=ImportStart,
        responses={202: ImportReport},
    )
    def post(self, request: Request) -> Response:
        form = ImportStart(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        path = imports.keep_upload(given["file"])
        try:
            with transaction.atomic():
                job = imports.create(
                    store=self.store,
                    path=path,
                    file_name=given["file"].name,
                    format=given["format"],
                    mapping=_mapping(given.get("mapping")),
                    requested_by=self.person,
                )
                imports.confirm(job, Mapping.from_dict(job.mapping or {}))
                job.refresh_from_db()
                services.start_import(job=job, actor=self.person)
        except Exception:
            path.unlink(missing_ok=True)
            raise
        where = request.build_absolute_uri(f"{request.path}{job.pk}/")
        return Response(ImportReport(job).data, status=202, headers={"Location": where})


def _mapping(given: object) -> Mapping | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        raise ValidationError({"mapping": ['Send a JSON object like {"fields": {"title": "name"}}.']})
    return Mapping.from_dict(given)


class ImportDetail(StudioView):
    @extend_schema(operation_id="imports_read", summary="One import, with what was wrong", responses=ImportReport)
    def get(self, request: Request, import_id: int) -> Response:
        jobs = ImportJob.objects.filter(store=self.store).select_related("requested_by")
        return Response(ImportReport(get_object_or_404(jobs, pk=import_id)).data)
