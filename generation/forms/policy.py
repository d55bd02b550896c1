"""The quality policy as a form: one field a threshold, a choice a facet, the fields that may leave, and why."""

from typing import Any

from django import forms

from generation.campaigns import segments
from generation.policy import policies, terms
from generation.policy.terms import LEVELS, PARTS, SEVERITIES, TERMS
from generation.stages.facets import FACETS, Facet
from generation.stages.policy import QualityPolicy
from storefront_studio.lib.errors import BadInput


def facet_field(facet: Facet) -> str:
    return f"facet_{facet.level}_{facet.name}"


class PolicyForm(forms.Form):
    """`policy()` is the policy as the person wants it, once `is_valid()` holds. `seen` is the version they changed."""

    seen = forms.IntegerField(min_value=0, max_value=2_000_000_000, widget=forms.HiddenInput)
    profile_fields = forms.MultipleChoiceField(
        label="May be sent to a vendor's model", required=False, widget=forms.CheckboxSelectMultiple
    )
    note = forms.CharField(
        label="Why",
        max_length=policies.LONGEST_NOTE,
        help_text="The history shows it beside your name.",
        widget=forms.Textarea({"rows": 2, "dir": "auto"}),
        error_messages={"required": "Say why the policy changes. The history shows it."},
    )

    def __init__(self, *args: Any, now: QualityPolicy, **kwargs: Any) -> None:
        kwargs.setdefault("initial", initial(now))
        super().__init__(*args, **kwargs)
        self.now = now
        for name, term in TERMS.items():
            kind = forms.IntegerField if term.whole else forms.FloatField
            bounds: dict[str, Any] = {} if term.whole else {"step": f"{term.step:g}"}
            self.fields[name] = kind(
                label=term.label,
                help_text=f"{term.meaning} Between {term.low:g} and {term.high:g}.",
                min_value=int(term.low) if term.whole else term.low,  # type: ignore[arg-type]
                max_value=int(term.high) if term.whole else term.high,  # type: ignore[arg-type]
                widget=forms.NumberInput({"inputmode": "decimal", **bounds}),
            )
        for facet in FACETS:
            self.fields[facet_field(facet)] = forms.ChoiceField(
                label=facet.label,
                choices=[(value, SEVERITIES[value]) for value in terms.choices(facet)],
            )
        fields: Any = self.fields["profile_fields"]
        fields.choices = [
            (name, f"{one.label} (about people)" if one.personal else one.label)
            for name, one in segments.FIELDS.items()
        ]
        self.order_fields([*TERMS, *map(facet_field, FACETS), "profile_fields", "note", "seen"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors.keys() - {"note"}:
            try:
                terms.check(self.policy())
            except BadInput as error:
                raise forms.ValidationError(str(error)) from None
        return cleaned

    def wanted(self) -> QualityPolicy | None:
        """The policy as far as it can be read, whether there is a note yet or not; None when a value is wrong."""
        return None if self.errors.keys() - {"note"} else self.policy()

    def policy(self) -> QualityPolicy:
        """What is set to its default severity is not kept as a choice, so that a better default reaches it."""
        given = self.cleaned_data
        return QualityPolicy(
            **{name: given[name] for name in TERMS},
            severities={
                terms.key_of(facet): given[facet_field(facet)]
                for facet in FACETS
                if given[facet_field(facet)] != facet.severity
            },
            profile_fields=given["profile_fields"],
            tuning=self.now.tuning,  # changed under Rankers, and kept by whatever is saved here
        )

    @property
    def parts(self) -> list[dict[str, Any]]:
        """The thresholds in their groups, for the template."""
        return [
            {"title": part.title, "lead": part.lead, "fields": [self[term.name] for term in part.terms]}
            for part in PARTS
        ]

    @property
    def levels(self) -> list[dict[str, Any]]:
        """The facets by level: what is asked, and the field that says what failing it does."""
        return [
            {
                "label": label,
                "rows": [self._facet(facet) for facet in FACETS if facet.level == level],
            }
            for level, label in LEVELS.items()
        ]

    def _facet(self, facet: Facet) -> dict[str, Any]:
        """`always`: what failing it does where nothing else may be chosen."""
        only = terms.choices(facet)
        always = SEVERITIES[only[0]] if len(only) == 1 else ""
        return {"facet": facet, "field": self[facet_field(facet)], "always": always}


def initial(now: QualityPolicy) -> dict[str, Any]:
    """The policy in force as the form's first values."""
    return {
        "seen": now.number,
        **{name: f"{getattr(now, name):g}" for name in TERMS},
        **{facet_field(facet): now.severity(facet.level, facet.name) for facet in FACETS},
        "profile_fields": now.profile_fields,
    }
