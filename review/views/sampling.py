"""Auditing by sample: drawing one, looking at its decisions blind, and what came of it. For admins."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, F, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import ADMINS, MemberRequest, member
from generation.policy import policies
from review import sampling, selectors
from review.models import AuditSample, Placement, ReasonCode, SampleItem
from review.views import plots, present
from storefront_studio.lib.errors import BadInput, StudioError

Kind = AuditSample.Kind


class DrawForm(forms.Form):
    kinds = forms.MultipleChoiceField(
        label="Draw from",
        choices=Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
    each = forms.IntegerField(
        label="Of each person and judge, at most", min_value=1, max_value=sampling.MOST_EACH, initial=5
    )
    since = forms.DateField(label="Decided from", widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(label="to", widget=forms.DateInput({"type": "date"}))
    seed = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=sampling.LONGEST_SEED,
        label="Seed",
        help_text="The same seed and days draw the same sample again. Leave it empty for a new one.",
    )


class VerdictForm(forms.Form):
    passes = forms.TypedChoiceField(
        label="Would you let it through?",
        choices=[("yes", "Yes, as it is"), ("no", "No")],
        widget=forms.RadioSelect,
        coerce=lambda said: said == "yes",
        empty_value=None,
        error_messages={"required": "Say yes or no."},
    )
    reason_code = forms.ChoiceField(
        required=False, label="If not, why", choices=[("", "Choose a reason"), *ReasonCode.choices]
    )
    note = forms.CharField(
        required=False, max_length=2000, widget=forms.Textarea({"rows": 2, "dir": "auto"}), label="Note"
    )


@member(*ADMINS)
def samples(request: MemberRequest) -> HttpResponse:
    """All samples with how far they are, and the form that draws another one."""
    store = request.membership.store
    today = timezone.now().date()
    first = {"kinds": [Kind.APPROVED, Kind.REJECTED, Kind.JUDGED], "since": today - dt.timedelta(days=29)}
    form = DrawForm(request.POST or None, initial={**first, "until": today})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                sample = sampling.draw(store=store, actor=request.user, **form.cleaned_data)
            except BadInput as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, f"{sample.items.count()} decisions were drawn. Look at them one by one.")
                return redirect("audit-sample", sample.pk)
    rows = AuditSample.objects.filter(store=store).select_related("created_by")
    agreed = Q(items__passes=F("items__passed"))
    rows = rows.annotate(n=Count("items"), done=Count("items__passes"), agreed=Count("items", filter=agreed))
    return render(request, "review/samples.html", {"form": form, "samples": rows[:50]}, status=status)


def _sample(request: MemberRequest, pk: int) -> AuditSample:
    return get_object_or_404(AuditSample.objects.select_related("store"), pk=pk, store=request.membership.store)


@member(*ADMINS)
@require_GET
def sample(request: MemberRequest, pk: int) -> HttpResponse:
    """How far it is, how far people and judges agree with it, and where they differ."""
    one = _sample(request, pk)
    items = list(one.items.select_related("placement", "decided_by", "auditor"))
    upcoming = sampling.next_for(one, request.user)
    done = [item for item in items if item.passes is not None]
    context = {
        "sample": one,
        "kinds": [Kind(kind).label for kind in one.kinds],
        "total": len(items),
        "done": len(done),
        "next": upcoming,
        "own_left": upcoming is None and len(done) < len(items),
        "reviewers": rows(sampling.reviewers(one.store, one), policies.current(one.store).kappa_min),
        "differing": [item for item in done if not item.agrees],
    }
    return render(request, "review/sample.html", context)


def rows(found: list[sampling.Reviewer], least: float) -> list[dict[str, Any]]:
    return [{"row": one, "plot": plots.kappa(one.agreement, least)} for one in found]


@member(*ADMINS)
def item(request: MemberRequest, pk: int, place: int) -> HttpResponse:
    """A decision, blind until this person or somebody else has said what they think of it."""
    one = _sample(request, pk)
    found = get_object_or_404(SampleItem.objects.select_related("sample__store", "decided_by"), sample=one, place=place)
    form = VerdictForm(request.POST or None)
    status = 200
    if request.method == "POST" and found.passes is None:
        status = 422
        if form.is_valid():
            try:
                sampling.say(item=found, actor=request.user, **form.cleaned_data)
            except BadInput as error:
                form.add_error("reason_code", str(error))
            except StudioError as error:
                messages.error(request, str(error))
                return redirect("audit-sample", one.pk)
            else:
                return redirect("audit-sample-item", one.pk, place)
    try:
        placement = selectors.placement_for(one.store, found.placement_id)
    except Placement.DoesNotExist:
        raise Http404 from None
    context = {
        "sample": one,
        "item": found,
        "own": found.decided_by_id == request.user.pk and found.passes is None,
        "placement": placement,
        "row": _blind(placement),
        "objective": present.objective_of(placement),
        "total": one.items.count(),
        "form": form,
        "next": sampling.next_for(one, request.user),
        "overturnable": placement.status in (Placement.Status.REJECTED, Placement.Status.DROPPED),
    }
    return render(request, "review/sample_item.html", context, status=status)


def _blind(placement: Placement) -> dict[str, Any]:
    """The row as shoppers see it, without anything that judges, rules or people said of it."""
    shown = present.row(placement)
    told = ("flag", "why", "pinned", "rule", "bench")
    products = [{name: value for name, value in tile.items() if name not in told} for tile in shown["products"]]
    return {**shown, "products": products, "state": "", "reason": "", "id": None}


@member(*ADMINS)
@require_GET
def reviewers(request: MemberRequest) -> HttpResponse:
    """How far people's and judges' decisions agree with those of admins who looked blind, over all samples."""
    store = request.membership.store
    least = policies.current(store).kappa_min
    context = {"reviewers": rows(sampling.reviewers(store), least), "least": least}
    return render(request, "review/reviewers.html", context)
