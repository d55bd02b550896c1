"""Who: stores, the people who work in them, and the keys of their shop front ends."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from rest_framework_api_key.models import AbstractAPIKey


class Store(models.Model):
    """The tenant: its catalogue, campaigns, people and keys. Nothing crosses stores."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=3, default="EUR", help_text="ISO 4217; used where a feed names none.")
    four_eyes = models.BooleanField(default=True, help_text="Whoever started a run may not approve its placements.")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    MARKETING = "marketing", "Marketing"
    MERCHANDISER = "merchandiser", "Merchandiser"
    ADMIN = "admin", "Admin"


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, name: str = "") -> "User":
        """A person who signs in with `email` (kept in lower case); without a password nobody can sign in."""
        user = self.model(email=email.strip().lower(), name=name)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person. What they may do is said by their memberships, store by store."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_person_per_email")]

    def __str__(self) -> str:
        return self.name or self.email


class Membership(models.Model):
    """One person's role in one store."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "user"], name="one_role_per_person_and_store"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()}) in {self.store}"


class Scope(models.TextChoices):
    STOREFRONT_READ = "storefront:read", "Read published pages"
    EVENTS_WRITE = "events:write", "Send events"


class ApiKey(AbstractAPIKey):
    """A shop front end's key. Only its hash is kept; it opens the paths of its scopes and nothing else."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="api_keys")
    scopes = ArrayField(models.CharField(max_length=40, choices=Scope.choices))
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)

    class Meta(AbstractAPIKey.Meta):
        verbose_name = "API key"
        verbose_name_plural = "API keys"

    def allows(self, scope: str) -> bool:
        return scope in self.scopes
