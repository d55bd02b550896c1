"""All settings, from the environment, strictly read. ``.env.example`` lists every variable with its meaning."""

from pathlib import Path

from csp.constants import NONE, SELF
from django.core.management.utils import get_random_secret_key
from kombu.entity import Exchange, Queue

from storefront_studio import bootstrap
from storefront_studio.lib.database_url import parse as parse_database_url
from storefront_studio.lib.env import Env
from storefront_studio.lib.errors import Misconfigured
from storefront_studio.lib.secret import kept_secret

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent
STUDIO_DATA_DIR = bootstrap.data_dir()

# --- Who we are -------------------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", False)
PORT = env.int("PORT", 8000, minimum=1)
# A key made once and kept in the data folder is right for one machine; several web processes on several machines
# must share SECRET_KEY.
SECRET_KEY = env.raw("SECRET_KEY") or kept_secret(STUDIO_DATA_DIR / "secret_key", get_random_secret_key)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]"))
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS")
HTTPS = env.bool("HTTPS", False)
DEMO = env.bool("STUDIO_DEMO", False)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "pgtrigger",
    "django.contrib.humanize",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "rest_framework_api_key",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "storefront_studio",
    "accounts",
    "generation",
    "review",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.OriginMiddleware",
    "accounts.middleware.CurrentStoreMiddleware",
]

ROOT_URLCONF = "storefront_studio.urls"
WSGI_APPLICATION = "storefront_studio.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "review.context.studio",
            ],
        },
    }
]

# --- Data -------------------------------------------------------------------------------------------------------
# manage.py, celery.py and wsgi.py set both addresses to the embedded services when they are not given; tools that
# only import the settings (mypy, makemigrations) never connect.
DATABASES = {
    "default": {
        **parse_database_url(env.text("DATABASE_URL", "postgresql://127.0.0.1:1/unset")),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL", 12, minimum=2), "timeout": 15},
            # A filter must never starve the vector index: it goes on scanning until enough rows passed the filter.
            "options": "-c hnsw.ef_search=200 -c hnsw.iterative_scan=strict_order",
        },
        "TEST": {"NAME": "test_studio"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:1/0")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "studio"}
}
MEDIA_ROOT = STUDIO_DATA_DIR / "uploads"
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
UPLOAD_LIMIT_MB = env.int("UPLOAD_LIMIT_MB", 512, minimum=1)

# --- Background work ----------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True  # rows hold the results
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True  # every task may run twice; a killed worker's task comes back
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# Embedding is heavy and can wait: a worker started with --queues embedding does nothing else, one started with
# --queues celery does everything else, and one without --queues does both.
CELERY_TASK_QUEUES = [
    Queue(name, Exchange(name), routing_key=name)  # type: ignore[no-untyped-call]
    for name in ("celery", "embedding")
]
CELERY_TASK_DEFAULT_QUEUE = "celery"
CELERY_TASK_ROUTES = {
    "generation.tasks.embed_catalogue": {"queue": "embedding"},
    "generation.tasks.embed_rulings": {"queue": "embedding"},
    "generation.tasks.build_space": {"queue": "embedding"},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(STUDIO_DATA_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "release stuck work": {"task": "generation.tasks.release_stuck", "schedule": 10.0},
    "tend batches": {"task": "generation.tasks.tend_batches", "schedule": 10.0},
    "forget old answers": {"task": "generation.tasks.forget_old_answers", "schedule": 3600.0},
    "keep schedules": {"task": "review.tasks.keep_schedules", "schedule": 5.0},
    "go on deciding": {"task": "review.tasks.go_on_deciding", "schedule": 30.0},
    "sum up tally": {"task": "review.tasks.sum_up_tally", "schedule": 600.0},
    "finish embedding": {"task": "generation.tasks.finish_embedding", "schedule": 120.0},
}

# --- Models -------------------------------------------------------------------------------------------------------
# "library" (our own themes, no key), "openai" (or a compatible server) or "anthropic"; by default the first with a key.
GENERATOR = env.text("GENERATOR") or (
    "openai"
    if env.raw("OPENAI_API_KEY") or env.raw("OPENAI_BASE_URL")
    else "anthropic"
    if env.raw("ANTHROPIC_API_KEY")
    else "library"
)
if GENERATOR not in {"library", "openai", "anthropic"}:
    raise Misconfigured(f"GENERATOR={GENERATOR!r} is not known; use library, openai or anthropic.")
# Vendors, or vendor:model, that judge in the place of the model that plans.
JUDGES = env.list("JUDGES")
if unknown := [name for name in JUDGES if name.partition(":")[0] not in {"openai", "anthropic"}]:
    raise Misconfigured(f"JUDGES={','.join(unknown)!r} is not known; name openai, anthropic or vendor:model.")
# A folder with a cross-encoder that orders the first results of a text search once more; empty: none.
RERANKER = env.text("RERANKER")
# What turns texts into vectors: the bundled model by PyTorch, the same weights in 8 bits by onnxruntime, or a server
# that speaks OpenAI's embeddings.
ENCODER = env.text("ENCODER", "sentence")
if ENCODER not in {"sentence", "onnx-int8", "openai"}:
    raise Misconfigured(f"ENCODER={ENCODER!r} is not known; use sentence, onnx-int8 or openai.")
OPENAI_ADDRESS = env.text("OPENAI_BASE_URL") or "https://api.openai.com/v1"
EMBEDDING_BASE_URL = env.text("EMBEDDING_BASE_URL") or OPENAI_ADDRESS
_official = EMBEDDING_BASE_URL.rstrip("/") == "https://api.openai.com/v1"
EMBEDDING_MODEL = env.text("EMBEDDING_MODEL") or ("text-embedding-3-small" if _official else "")
EMBEDDING_SHORTEN = env.text("EMBEDDING_SHORTEN") or ("ask" if _official else "no")
if EMBEDDING_SHORTEN not in {"ask", "cut", "no"}:
    raise Misconfigured(f"EMBEDDING_SHORTEN={EMBEDDING_SHORTEN!r} is not known; use ask, cut or no.")
# By address: a key is for the server that gave it.
EMBEDDING_KEYS = {OPENAI_ADDRESS: env.text("OPENAI_API_KEY")}
EMBEDDING_KEYS[EMBEDDING_BASE_URL] = env.text("EMBEDDING_API_KEY") or EMBEDDING_KEYS.get(EMBEDDING_BASE_URL, "")
if ENCODER == "openai" and not EMBEDDING_MODEL:
    raise Misconfigured(f"Set EMBEDDING_MODEL: {EMBEDDING_BASE_URL} serves models of its own.")
if ENCODER == "openai" and _official and not EMBEDDING_KEYS[EMBEDDING_BASE_URL]:
    raise Misconfigured("ENCODER=openai needs EMBEDDING_API_KEY or OPENAI_API_KEY, or EMBEDDING_BASE_URL.")
RUN_LEASE_SECONDS = env.int("RUN_LEASE_SECONDS", 30, minimum=3)
RUN_BUDGET_USD = env.text("RUN_BUDGET_USD", "2.00")
BRIEF_BUDGET_USD = env.text("BRIEF_BUDGET_USD", "1.00")
MODEL_CONCURRENCY = env.int("MODEL_CONCURRENCY", 8, minimum=1)
VENDOR_CONCURRENCY = env.int("VENDOR_CONCURRENCY", 16, minimum=1)
VENDOR_BATCH_SECONDS = env.int("VENDOR_BATCH_SECONDS", 60, minimum=1)
ANSWER_DAYS = env.int("ANSWER_DAYS", 30, minimum=1)

# --- Web ----------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = STUDIO_DATA_DIR / "static"
STATICFILES_DIRS: list[Path | tuple[str, Path]] = [BASE_DIR / "static"]
if (STUDIO_DATA_DIR / "sample").is_dir():  # the demo's drawn product images
    STATICFILES_DIRS.append(("sample", STUDIO_DATA_DIR / "sample"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "https:", "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    }
}
X_FRAME_OPTIONS = "SAMEORIGIN"  # the preview shows the shop page in a frame of our own
SILENCED_SYSTEM_CHECKS = ["security.W019"]  # which asks for DENY
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # probes speak plain HTTP from inside
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
BEHIND_PROXY = env.bool("BEHIND_PROXY", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# How much of a caller's address the audit trail keeps.
AUDIT_ADDRESS = env.text("AUDIT_ADDRESS", "network")
if AUDIT_ADDRESS not in {"network", "full", "none"}:
    raise Misconfigured(f"AUDIT_ADDRESS={AUDIT_ADDRESS!r} is not known; use network, full or none.")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.IsStoreMember"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser", "rest_framework.parsers.MultiPartParser"],
    "DEFAULT_SCHEMA_CLASS": "storefront_studio.lib.api_schema.StudioSchema",
    "EXCEPTION_HANDLER": "storefront_studio.lib.api_errors.handler",
    "DEFAULT_THROTTLE_CLASSES": ["accounts.api.StudioThrottle"],
    "DEFAULT_THROTTLE_RATES": {"studio": env.text("API_RATE", "6000/min")},
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Storefront Studio API",
    "VERSION": "1",
    "DESCRIPTION": "Plan, generate, review, publish and read storefront pages.",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "RunStatus": "generation.models.Run.Status",
        "ImportStatus": "generation.models.ImportJob.Status",
        "PlacementStatus": "review.models.Placement.Status",
        "KeywordKind": "generation.models.KeywordKind",
        "PublicationKind": "review.models.Publication.Kind",
        "DecisionKind": "review.models.Decision.Kind",
        "ScheduleState": "review.models.Schedule.State",
        "SegmentSource": "generation.models.Segment.Source",
        "PlacementSource": "review.models.Placement.Source",
        "BatchStatus": "generation.models.Batch.Status",
        "GateStatus": "generation.models.GateReport.Status",
        "ArtefactKind": "generation.models.Artefact",
    },
}

# --- Logs ---------------------------------------------------------------------------------------------------------
LOG_LEVEL = env.text("LOG_LEVEL", "INFO").upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"run": {"()": "storefront_studio.lib.logs.RunFilter"}},
    "formatters": {"line": {"format": "%(levelname)s %(name)s%(run)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["run"]}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "httpx": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "sentence_transformers": {"level": "WARNING"},
    },
}
