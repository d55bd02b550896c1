"""What an admin sends from Prompts and models."""

from typing import Any

from django import forms

from generation.models import Artefact, ReleaseLabel
from generation.registry.labelling import LONGEST_NOTE


class VersionForm(forms.Form):
    """One version of one thing."""

    kind = forms.ChoiceField(choices=Artefact.choices)
    name = forms.CharField(max_length=60)
    version = forms.CharField(max_length=120, error_messages={"required": "Choose a version."})

    def problem(self) -> str:
        """The first thing that is wrong, in a sentence."""
        errors: list[Any] = [error for found in self.errors.values() for error in found]
        return str(errors[0]) if errors else ""


class LabelForm(VersionForm):
    label = forms.ChoiceField(choices=ReleaseLabel.choices)
    note = forms.CharField(
        max_length=LONGEST_NOTE, error_messages={"required": "Say in the note why. The history shows it."}
    )


class GateForm(VersionForm):
    snapshot = forms.CharField(max_length=80, required=False)
