"""The filters of the archive, from an address of a screen or of the API."""

import re
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

from accounts.models import Store
from generation.models import Campaign
from review import archive
from review.models import By
from review.reasons import MOST_IN_A_GROUP

NO_PROMPT = "none"
KEPT = ("q", "by", "why", "judge", "person", "prompt", "campaign", "since", "until", "kind")


class ArchiveForm(forms.Form):
    """`asked` holds what could be read; a filter that makes no sense says so beside its field and does not filter."""

    judge = forms.ChoiceField(required=False, label="Rule or judge")
    person = forms.ChoiceField(required=False, label="Person")
    prompt = forms.ChoiceField(required=False, label="Prompt")
    campaign = forms.CharField(
        required=False, max_length=120, label="Campaign", widget=forms.TextInput({"list": "campaigns", "dir": "auto"})
    )
    since = forms.DateField(required=False, label="From", widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(required=False, label="To", widget=forms.DateInput({"type": "date"}))

    def __init__(self, store: Store, given: QueryDict) -> None:
        self.store, self.given = store, given
        super().__init__(given, auto_id="by-%s", use_required_attribute=False)
        self.campaigns = list(archive.campaigns(store))
        fields: Any = self.fields
        fields["judge"].choices = [("", "Any"), *((one, one) for one in archive.judges(store))]
        fields["person"].choices = [("", "Anybody"), *((str(one.pk), str(one)) for one in archive.people(store))]
        found = archive.prompts(store)
        names = [(one or NO_PROMPT, one or "No prompt (built-in library)") for one in found]
        fields["prompt"].choices = [("", "Any"), *names]

    def clean_campaign(self) -> int | None:
        said = self.cleaned_data["campaign"].strip()
        if not said:
            return None
        found = Campaign.objects.filter(store=self.store, slug=said).first()
        if found is None:
            raise forms.ValidationError("There is no campaign of this name. Choose one from the list.")
        return found.pk

    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", "This is before the day it begins with.")
        return self.cleaned_data

    def text(self, name: str, longest: int = 200) -> str:
        return self.given.get(name, "").replace("\x00", "").strip()[:longest]

    @property
    def asked(self) -> archive.Asked:
        self.full_clean()
        good = self.cleaned_data
        by = self.text("by")
        prompt = good.get("prompt")
        kinds = re.findall(r"[0-9a-f]{12}", self.text("kind", 13 * MOST_IN_A_GROUP))
        return archive.Asked(
            by=by if by in By.values else "",
            why=self.text("why", 120),
            judge=good.get("judge", ""),
            person=int(good["person"]) if good.get("person") else None,
            prompt=None if not prompt else "" if prompt == NO_PROMPT else prompt,
            campaign=good.get("campaign"),
            text=self.text("q"),
            since=good.get("since"),
            until=good.get("until"),
            shapes=tuple(kinds),
        )

    def query(self, **changes: str) -> str:
        """The address's filters, with some of them changed; "" takes one away."""
        every = {name: self.text(name, 300) for name in KEPT} | changes
        return urlencode({name: value for name, value in every.items() if value})
