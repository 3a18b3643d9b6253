"""Settings of Puente. One file; everything that varies comes from the environment (see README, "Run it for many")."""

from __future__ import annotations

from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import env, files, language_model, mail_services, sqlite_broker

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.path("DATA_DIR", default=BASE_DIR / "var")
DATA_DIR.mkdir(parents=True, exist_ok=True)

# --- The installation -------------------------------------------------------------------------------------------

DEBUG = env.flag("DEBUG", default=False)
DEMO = env.flag("DEMO", default=False)
INSECURE_SECRET = "only-for-trying-puente-on-your-own-machine"  # noqa: S105  refused when PUBLIC_URL is public
SECRET_KEY = env.text("SECRET_KEY") or INSECURE_SECRET  # an empty one is none
HOST = env.text("HOST", "127.0.0.1")
PORT = env.number("PORT", default=8000, minimum=1, maximum=65535)
LIVE_PORT = env.number("LIVE_PORT", default=PORT + 1, minimum=1, maximum=65535)
MAIL_PORT = env.number("MAIL_PORT", default=2525, minimum=1, maximum=65535)
MAIL_HOST = env.text("MAIL_HOST", HOST)
MAIL_PROTOCOL = env.choice("MAIL_PROTOCOL", default="smtp", choices=("smtp", "lmtp"))
# Files of a certificate; with them STARTTLS is offered.
MAIL_TLS_CERT, MAIL_TLS_KEY = env.text("MAIL_TLS_CERT"), env.text("MAIL_TLS_KEY")
PUBLIC_URL = env.text("PUBLIC_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
LIVE_URL = env.text("LIVE_URL")  # empty: the host of the page, on LIVE_PORT
IS_PUBLIC = not PUBLIC_URL.startswith(("http://127.0.0.1", "http://localhost", "http://[::1]"))
IS_SECURE = PUBLIC_URL.startswith("https://")
# Everybody knows the default: with it they could make every link and sign-in of an installation they can reach.
if (IS_PUBLIC or HOST not in ("127.0.0.1", "localhost", "::1")) and SECRET_KEY == INSECURE_SECRET:
    raise ImproperlyConfigured("Set SECRET_KEY to a long random text: PUBLIC_URL or HOST is not this machine alone.")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", default="127.0.0.1,localhost,[::1]")
TRUSTED_PROXIES = env.words("TRUSTED_PROXIES")  # addresses whose X-Forwarded-* headers are believed

# --- Apps -------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "csp",
    "helpdesk.ui",
    "helpdesk.people",
    "helpdesk.knowledge",
    "tickets",
    "cx",
    "helpdesk.accounts",
    "helpdesk.workspace",
    "helpdesk.portal",
    "helpdesk.api",
    "helpdesk.live",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "helpdesk.accounts.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "helpdesk.accounts.middleware.FirstRunMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
FORM_RENDERER = "helpdesk.ui.forms.QuickControls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "helpdesk.ui.context.appearance",
                "helpdesk.accounts.context.company",
                "helpdesk.live.context.live",
            ],
        },
    }
]

# --- Data -------------------------------------------------------------------------------------------------------

DATABASES = {"default": env.database("DATABASE_URL", default_file=DATA_DIR / "puente.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.text("REDIS_URL")
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}
MEDIA_ROOT = DATA_DIR / "files"
FILE_UPLOAD_PERMISSIONS = 0o600
# A virus scanner, asked about each file before anybody gets it: see tickets/mail/scanning.py. Empty: there is none.
SCAN_COMMAND = env.text("SCAN_COMMAND")

# --- People -----------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "people.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "workspace:queue"
LOGOUT_REDIRECT_URL = "portal:home"
PASSWORD_RESET_TIMEOUT = 60 * 60 * 2
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_SECURE
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
CSRF_FAILURE_VIEW = "helpdesk.accounts.views.errors.forged"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- Words and times --------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LANGUAGE_COOKIE_NAME = "language"
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"  # rows are UTC; pages show the time zone of the company or the person

# --- Static files -----------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": files.storage(),
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "helpdesk.ui.bundles.BundlingStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = DEBUG

# --- What the browser may do ------------------------------------------------------------------------------------

# Live updates come from another port of the same host, unless LIVE_URL says otherwise.
LIVE_ORIGINS = (
    [LIVE_URL] if LIVE_URL else [f"http{'s' * IS_SECURE}://{h}:{LIVE_PORT}" for h in ALLOWED_HOSTS if h[0] not in "*[."]
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "connect-src": [SELF, *LIVE_ORIGINS],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = IS_SECURE
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if IS_SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = False  # other hosts of the domain are not ours to bind
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # fields of a form; files have their own limit
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_HANDLERS = ["helpdesk.common.uploads.NoFiles"]  # forms that take files bring their own
# What agents send with one reply or note. In a mail files grow by a third, and most servers take 25 MB.
UPLOAD_MOST_FILES = env.number("UPLOAD_MOST_FILES", default=10, minimum=1, maximum=100)
UPLOAD_FILE_MB = env.number("UPLOAD_FILE_MB", default=15, minimum=1, maximum=100)
UPLOAD_TOTAL_MB = env.number("UPLOAD_TOTAL_MB", default=18, minimum=1, maximum=100)

# --- Work in the background -------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL or sqlite_broker.url(DATA_DIR / "broker.sqlite3")
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 5 * 60
CELERY_TASK_TIME_LIMIT = 6 * 60
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
if REDIS_URL:
    # Minutes, not the default hour: a task that a killed worker held comes back soon, and every task is safe twice.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 7 * 60, "unacked_restore_throttle": 1}

# --- Mail -------------------------------------------------------------------------------------------------------

# smtp://user:password@host:587 (STARTTLS), smtps:// (TLS from the start). Empty: outgoing mail goes to a page of
# the product where it can be read, and never to the internet.
SMTP_URL = env.text("SMTP_URL")
# Or a mail service that speaks HTTP: MAIL_SERVICE sends, those in MAIL_HOOKS may post arriving mail and news to us.
_mail_services = mail_services.read()
MAIL_SERVICE, MAIL_HOOKS, ANYMAIL = _mail_services.sender, _mail_services.hooks, _mail_services.anymail
MAIL_SIZE_LIMIT = env.number("MAIL_SIZE_LIMIT", default=30 * 1024 * 1024, minimum=100_000, maximum=200 * 1024 * 1024)
# Who changes a mailbox's permission (XOAUTH2) for the access token of the hour.
GOOGLE_TOKEN_URL = env.text("GOOGLE_TOKEN_URL", "https://oauth2.googleapis.com/token")
MICROSOFT_TOKEN_URL = env.text("MICROSOFT_TOKEN_URL", "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token")
UNDO_SEND_SECONDS = env.number("UNDO_SEND_SECONDS", default=10, maximum=60)
DELETED_TICKETS_DAYS = env.number("DELETED_TICKETS_DAYS", default=30, minimum=1, maximum=3650)  # in the bin
# A complaint is decided within so many working days, and who was told a decision is told how to object to it: in the
# company's own words, COMPLAINT_OBJECTION_EN and COMPLAINT_OBJECTION_ES, or in ours.
COMPLAINT_DAYS = env.number("COMPLAINT_DAYS", default=15, minimum=1, maximum=365)
COMPLAINT_OBJECTION = {code: env.text(f"COMPLAINT_OBJECTION_{code.upper()}") for code, _name in LANGUAGES}
# What a person wants to be told by mail is mailed only if it is unread for so long.
NOTICE_MAIL_SECONDS = env.number("NOTICE_MAIL_SECONDS", default=120, maximum=3600)
ATTACHMENT_SIZE_LIMIT = 20 * 1024 * 1024

# --- A second opinion on tags -----------------------------------------------------------------------------------

# A language-model service (chat completions) that the operator names; without CX_LLM_URL nothing is asked or loaded.
_language_model = language_model.read()
CX_LLM_URL, CX_LLM_MODEL, CX_LLM_KEY = _language_model.url, _language_model.model, _language_model.key
CX_LLM_SENDS = _language_model.sends  # redacted, or everything
CX_LLM_ASKS = _language_model.asks  # about unsure suggestions, or always
CX_LLM_PER_MINUTE = _language_model.per_minute

# --- The API ----------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["helpdesk.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["helpdesk.api.permissions.IsAgent"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["helpdesk.api.parsers.BoundedJSONParser"],
    "EXCEPTION_HANDLER": "helpdesk.api.errors.handle",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Puente API",
    "VERSION": "1.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {"GapEnum": "cx.codebook.Gap.choices"},
}

# --- Log --------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "mail.log": {"level": "WARNING"},  # aiosmtpd: a line for every command otherwise
        "django.request": {"level": "ERROR"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "imapclient": {"level": "WARNING"},
    },
}
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # see SECURE_HSTS_INCLUDE_SUBDOMAINS
