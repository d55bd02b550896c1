"""An import in the browser: file, columns, report."""

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import AuditEntry
from generation import imports, tasks
from generation.models import ImportJob, ImportRowError, Product

pytestmark = pytest.mark.django_db
FEED = b"""sku,name,price,brand,stock
A,Red lentils,2.50 EUR,Acme,in_stock
B,,3 EUR,Acme,in_stock
C,Rice,4 EUR,Acme,out_of_stock
"""
NEW = "/catalogue/imports/new/"


@pytest.fixture(autouse=True)
def _uploads_in_a_folder_of_their_own(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"


def upload(client: Any, content: bytes = FEED, name: str = "feed.csv") -> Any:
    return client.post(NEW, {"file": SimpleUploadedFile(name, content), "format": "auto"})


def uploaded(client: Any, content: bytes = FEED, name: str = "feed.csv") -> ImportJob:
    assert upload(client, content, name).status_code == 302
    return ImportJob.objects.latest("id")


def chosen(job: ImportJob, client: Any, **changes: str) -> dict[str, str]:
    """The columns form as the page offers it, with changes."""
    form = client.get(reverse("import-detail", args=[job.pk])).context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in {**values, **changes}.items() if value not in (None, False)}


def confirm(client: Any, job: ImportJob, **changes: str) -> Any:
    return client.post(reverse("import-confirm", args=[job.pk]), chosen(job, client, **changes))


def done(client: Any, content: bytes = FEED) -> ImportJob:
    job = uploaded(client, content)
    confirm(client, job)
    job.refresh_from_db()
    return imports.execute(job)


@pytest.mark.parametrize("path", ["", "new/", "1/"])
def test_anonymous_people_are_sent_to_sign_in(client: Any, path: str) -> None:
    assert client.get(f"/catalogue/imports/{path}").url.startswith(reverse("login"))


@pytest.mark.parametrize("who", ["merchandiser_client", "team_mate_client", "admin_client"])
def test_merchandisers_and_admins_may_import(request: Any, store: Any, who: str) -> None:
    client = request.getfixturevalue(who)
    assert client.get(NEW).status_code == 200
    assert uploaded(client).store == store


def test_marketing_reads_imports_and_starts_none(marketing_client: Any, merchandiser_client: Any) -> None:
    job = uploaded(merchandiser_client)
    assert marketing_client.get("/catalogue/imports/").status_code == 200
    assert marketing_client.get(reverse("import-detail", args=[job.pk])).status_code == 200
    assert marketing_client.get(NEW).status_code == 403
    assert upload(marketing_client).status_code == 403
    for name in ("import-confirm", "import-preview", "import-discard"):
        assert marketing_client.post(reverse(name, args=[job.pk])).status_code == 403


def test_imports_of_another_store_are_not_found(stranger_client: Any, merchandiser_client: Any) -> None:
    job = uploaded(merchandiser_client)
    assert list(stranger_client.get("/catalogue/imports/").context["page_obj"]) == []
    for name in ("import-detail", "import-report"):
        assert stranger_client.get(reverse(name, args=[job.pk])).status_code == 404
    for name in ("import-confirm", "import-preview", "import-discard"):
        assert stranger_client.post(reverse(name, args=[job.pk])).status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"%PDF-1.7", "menu.pdf", "menu.pdf is a PDF"),
        (b"PK\x03\x04xx", "book.xlsx", "save it as CSV"),
        (b"<!doctype html><p>Sign in", "feed.xml", "web page"),
        (b"hello there", "note.txt", "looks like products"),
        (b"", "empty.csv", "empty.csv has no products"),
        (b"id,title,price\n", "head.csv", "head.csv has no products"),
    ],
)
def test_a_file_that_is_no_feed_is_refused_with_the_reason(
    merchandiser_client: Any, settings: Any, content: bytes, name: str, words: str
) -> None:
    response = upload(merchandiser_client, content, name)
    assert words in response.content.decode()
    assert ImportJob.objects.count() == 0
    assert list((settings.MEDIA_ROOT / "feeds").iterdir()) == []


def test_a_file_over_the_limit_is_refused_with_the_limit(merchandiser_client: Any, settings: Any) -> None:
    settings.UPLOAD_LIMIT_MB = 0
    assert "larger than 0 MB" in upload(merchandiser_client).content.decode()


def test_a_packed_file_is_read(merchandiser_client: Any) -> None:
    assert uploaded(merchandiser_client, gzip.compress(FEED), "feed.csv.gz").format == "csv"


def test_the_columns_step_shows_the_guess_with_values_and_products(merchandiser_client: Any) -> None:
    response = merchandiser_client.get(reverse("import-detail", args=[uploaded(merchandiser_client).pk]))
    assert response.context["form"]["f_title"].value() == "name"
    assert response.context["sample"].examples["title"] == ["Red lentils", "Rice"]
    assert (response.context["sample"].good, response.context["sample"].looked_at) == (2, 3)
    assert "title is empty" in response.content.decode()


def test_changing_a_column_changes_the_preview(merchandiser_client: Any) -> None:
    job = uploaded(merchandiser_client)
    values = chosen(job, merchandiser_client, f_title="brand")
    response = merchandiser_client.post(
        reverse("import-preview", args=[job.pk]), values, headers={"HX-Request": "true"}
    )
    text = response.content.decode()
    assert '<strong class="clamp-2" dir="auto">Acme</strong>' in text
    assert "<html" not in text


def test_several_columns_can_be_joined(merchandiser_client: Any) -> None:
    job = uploaded(merchandiser_client)
    confirm(merchandiser_client, job, f_title="{…}", t_title="{name} by {brand}")
    job.refresh_from_db()
    assert job.mapping["fields"]["title"] == "{name} by {brand}"


def test_a_needed_column_that_is_missing_keeps_the_person_on_the_step(merchandiser_client: Any) -> None:
    job = uploaded(merchandiser_client)
    response = confirm(merchandiser_client, job, f_price="")
    assert response.status_code == 422
    assert "No column is chosen for price" in response.content.decode()
    job.refresh_from_db()
    assert job.status == ImportJob.Status.MAPPING


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"attributes": "no equals sign"}, "is not written as name = value"),
        ({"defaults": "flavour = sweet"}, "is not a product field"),
        ({"currency": "XXQ"}, "not an ISO 4217 code"),
        ({"f_title": "{…}", "t_title": "{nowhere}"}, "nowhere"),
    ],
)
def test_what_cannot_be_read_is_named(merchandiser_client: Any, changes: dict[str, str], words: str) -> None:
    response = confirm(merchandiser_client, uploaded(merchandiser_client), **changes)
    assert response.status_code == 422
    assert words in response.content.decode()


def test_confirming_hands_the_import_to_the_worker_and_is_audited(
    merchandiser_client: Any, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    job = uploaded(merchandiser_client)
    sent: list[int] = []
    monkeypatch.setattr(tasks.import_feed, "delay", sent.append)
    with django_capture_on_commit_callbacks(execute=True):
        confirm(merchandiser_client, job)
    assert sent == [job.pk]
    assert AuditEntry.objects.filter(action="import.start", subject=f"import:{job.pk}").exists()


def test_confirming_twice_starts_one_import(merchandiser_client: Any, team_mate_client: Any) -> None:
    job = uploaded(merchandiser_client)
    values = chosen(job, merchandiser_client)
    url = reverse("import-confirm", args=[job.pk])
    merchandiser_client.post(url, values)
    response = team_mate_client.post(url, values, follow=True)
    assert "has started already" in response.content.decode()
    assert AuditEntry.objects.filter(action="import.start").count() == 1


def test_an_open_import_is_polled_and_an_ended_one_is_not(merchandiser_client: Any) -> None:
    job = uploaded(merchandiser_client)
    confirm(merchandiser_client, job)
    url = reverse("import-detail", args=[job.pk])
    assert 'hx-trigger="every 2s"' in merchandiser_client.get(url, headers={"HX-Request": "true"}).content.decode()
    job.refresh_from_db()
    imports.execute(job)
    # Products wait for vectors, but no worker lives: asking again would never end.
    assert 'hx-trigger="every 2s"' not in merchandiser_client.get(url).content.decode()


def test_the_report_says_what_happened_to_every_row(merchandiser_client: Any, store: Any) -> None:
    job = done(merchandiser_client)
    text = merchandiser_client.get(reverse("import-detail", args=[job.pk])).content.decode()
    assert "2 of 3 rows came in: 2 created; 1 was refused." in text
    assert "title is empty" in text
    assert Product.objects.filter(store=store).count() == 2


def test_the_same_file_again_changes_nothing(merchandiser_client: Any) -> None:
    done(merchandiser_client)
    again = done(merchandiser_client)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)


def test_an_upload_is_removed_once_it_is_in(merchandiser_client: Any, settings: Any) -> None:
    done(merchandiser_client)
    assert list((settings.MEDIA_ROOT / "feeds").iterdir()) == []


def test_a_file_waiting_for_columns_can_be_discarded(
    merchandiser_client: Any, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    job = uploaded(merchandiser_client)
    with django_capture_on_commit_callbacks(execute=True):
        merchandiser_client.post(reverse("import-discard", args=[job.pk]))
    assert not ImportJob.objects.filter(pk=job.pk).exists()
    assert list((settings.MEDIA_ROOT / "feeds").iterdir()) == []


def test_a_started_import_cannot_be_discarded(merchandiser_client: Any) -> None:
    job = done(merchandiser_client)
    merchandiser_client.post(reverse("import-discard", args=[job.pk]))
    assert ImportJob.objects.filter(pk=job.pk).exists()


def test_a_file_that_went_away_says_what_to_do(merchandiser_client: Any) -> None:
    job = uploaded(merchandiser_client)
    Path(job.path).unlink()
    text = merchandiser_client.get(reverse("import-detail", args=[job.pk])).content.decode()
    assert "Upload it again" in text


def test_the_report_file_holds_every_problem_and_no_formula(merchandiser_client: Any) -> None:
    job = done(merchandiser_client)
    ImportRowError.objects.create(job=job, line=9, column="=cmd", value="+1", reason="@SUM(A1)")
    response = merchandiser_client.get(reverse("import-report", args=[job.pk]))
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["line", "column", "what happened", "value", "reason"]
    assert rows[-1] == ["9", "'=cmd", "Refused", "'+1", "'@SUM(A1)"]
    assert len(rows) == 1 + job.row_errors.count()


def test_a_feed_with_very_many_columns_offers_names_to_type(merchandiser_client: Any) -> None:
    head = ",".join(["id", "title", "price", *(f"extra{n}" for n in range(100))])
    row = ",".join(["1", "Soup", "2 EUR", *("x" for n in range(100))])
    job = uploaded(merchandiser_client, f"{head}\n{row}\n".encode())
    response = merchandiser_client.get(reverse("import-detail", args=[job.pk]))
    assert '<datalist id="feed-columns">' in response.content.decode()
    confirm(merchandiser_client, job)
    job.refresh_from_db()
    assert job.status == ImportJob.Status.QUEUED
