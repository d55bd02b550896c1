"""Addresses of signing in and of settings."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts import views

urlpatterns = [
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("stores/<int:pk>/switch/", views.store_switch, name="store-switch"),
    path("settings/keys/", views.api_keys, name="api-keys"),
    path("settings/keys/<str:prefix>/revoke/", views.api_key_revoke, name="api-key-revoke"),
    path("favicon.ico", views.favicon, name="favicon"),
]
