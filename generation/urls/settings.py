"""Settings: policy, prompts and models."""

from django.urls import URLPattern, URLResolver, path

from generation.views import policy, rankers, ranking, registry

urlpatterns: list[URLPattern | URLResolver] = [
    path("policy/", policy.policy, name="policy"),
    path("policy/save/", policy.policy_save, name="policy-save"),
    path("policy/try/", policy.policy_try, name="policy-try"),
    path("policy/<int:number>/restore/", policy.policy_restore, name="policy-restore"),
    path("rankers/", rankers.rankers, name="rankers"),
    path("rankers/back/", rankers.ranker_back, name="ranker-back"),
    path("rankers/proposals/<int:number>/", ranking.proposal, name="ranking-proposal"),
    path("rankers/proposals/<int:number>/activate/", ranking.proposal_activate, name="ranking-activate"),
    path("rankers/<int:number>/", rankers.ranker, name="ranker"),
    path("rankers/<int:number>/activate/", rankers.ranker_activate, name="ranker-activate"),
    path("registry/", registry.registry, name="registry"),
    path("registry/label/", registry.registry_label, name="registry-label"),
    path("registry/gates/", registry.gate_start, name="gate-start"),
    path("registry/gates/<int:gate_id>/", registry.gate, name="gate"),
    path("registry/gates/<int:gate_id>/stop/", registry.gate_stop, name="gate-stop"),
]
