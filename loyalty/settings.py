"""
Django's settings, from the environment.

Every variable is documented where it is read. None is needed for a first run: without
`DATABASE_URL` the embedded PostgreSQL is used, without `CELERY_BROKER_URL` a broker in files, and
without `SECRET_KEY` a random one that is kept under `VAR_DIR`.
"""

import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext

from loyalty.cockpit.theme import UNFOLD as UNFOLD
from loyalty.core import environment
from loyalty.embedded import Cluster
from loyalty.schedule import SCHEDULE

# Lets annotations such as `models.Field[int, int]` stand in classes that Django does not subscript.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

# VAR_DIR: where a single machine keeps its database, broker files, uploads and secret.
# Default: var/.
VAR_DIR = environment.path("VAR_DIR", BASE_DIR / "var")
VAR_DIR.mkdir(parents=True, exist_ok=True)


def kept_secret(name: str) -> str:
    """Return the secret kept in `VAR_DIR`, made on first use; readable by its owner only."""
    file = VAR_DIR / name
    if not file.exists():
        draft = VAR_DIR / f"{name}.{secrets.token_hex(4)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            # link() refuses an existing name: of two processes that start at once one wins.
            file.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text()


# DEBUG: 1 shows stack traces to visitors. Never on a server that others can reach.
DEBUG = environment.flag("DEBUG", default=False)
# SECRET_KEY: signs sessions and tokens. Set it where several machines share one installation.
SECRET_KEY = environment.text("SECRET_KEY") or kept_secret("secret-key")
# ALLOWED_HOSTS: the host names that this server answers to, comma-separated.
ALLOWED_HOSTS = environment.listed("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1],testserver")
# CSRF_TRUSTED_ORIGINS: origins (https://…) whose forms are trusted, when behind a proxy.
CSRF_TRUSTED_ORIGINS = environment.listed("CSRF_TRUSTED_ORIGINS")
# BEHIND_PROXY: 1 believes X-Forwarded-Proto and X-Forwarded-For of the proxy in front.
BEHIND_PROXY = environment.flag("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# SECURE_COOKIES: 1 sends cookies over https only. Set it wherever https is used.
SECURE_COOKIES = environment.flag("SECURE_COOKIES", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_HTTPONLY = True
SESSION_ENGINE = "loyalty.core.sessions"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "loyalty.cockpit.apps.CockpitAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "corsheaders",
    "rest_framework",
    "django_filters",
    "import_export",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "loyalty.core",
    "accounts.ledger",
    "accounts",
    "campaigns",
    "earning",
    "transactions",
    "loyalty.cockpit",
    "loyalty.portal",
    "loyalty.pos",
    "loyalty",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "loyalty.core.api.middleware.TolerateTrailingSlash",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "loyalty.urls"
CSRF_FAILURE_VIEW = "loyalty.failures.form_refused"
WSGI_APPLICATION = "loyalty.wsgi.application"
APPEND_SLASH = False

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
            ],
        },
    },
]

# DATABASE_URL: postgresql://user:password@host:port/name of a PostgreSQL 15 or newer.
# Unset: the embedded server under VAR_DIR, started by the first connection.
DATABASE_URL = environment.text("DATABASE_URL")
DATABASE: dict[str, Any] = environment.database(DATABASE_URL or Cluster(VAR_DIR).url)
if not DATABASE_URL:
    DATABASE["ENGINE"] = "loyalty.embedded"
# DATABASE_CONN_MAX_AGE: seconds that a process keeps its connection; a statement prepared on it
# is planned once.
DATABASE["CONN_MAX_AGE"] = environment.whole("DATABASE_CONN_MAX_AGE", 600)
DATABASE["CONN_HEALTH_CHECKS"] = True
# The ledger's statements are planned once and run often; five executions prepare one.
DATABASE["OPTIONS"] |= {"prepare_threshold": 5, "server_side_binding": False}
DATABASES = {"default": DATABASE}

AUTH_USER_MODEL = "accounts.StaffUser"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = []

# CORS_ALLOWED_ORIGINS: origins of browser clients that may call the APIs, comma-separated;
# * for all.
CORS_ORIGINS = environment.listed("CORS_ALLOWED_ORIGINS")
CORS_ALLOW_ALL_ORIGINS = CORS_ORIGINS == ["*"]
CORS_ALLOWED_ORIGINS = [] if CORS_ALLOW_ALL_ORIGINS else CORS_ORIGINS
CORS_URLS_REGEX = r"^/api/.*$"
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "prefer",
    "x-auth-token",
    "x-requested-with",
]
# What pages of other origins read of an answer: names of files, jobs, and when to come again.
CORS_EXPOSE_HEADERS = [
    "content-disposition",
    "idempotent-replayed",
    "location",
    "preference-applied",
    "retry-after",
]

# MASTER_API_KEY: a permanent token that acts as a super admin named `api`. Unset: there is none.
MASTER_API_KEY = environment.text("MASTER_API_KEY")
# TOKEN_LIFETIME, REFRESH_TOKEN_LIFETIME: seconds that a sign-in token and its renewal are valid.
TOKEN_LIFETIME = timedelta(seconds=environment.whole("TOKEN_LIFETIME", 86_400))
REFRESH_TOKEN_LIFETIME = timedelta(seconds=environment.whole("REFRESH_TOKEN_LIFETIME", 30 * 86_400))
# PASSWORD_POLICY: advanced (eight characters, upper and lower case, a digit and a special one) or
# simple (eight characters).
PASSWORD_POLICY = environment.choice("PASSWORD_POLICY", "advanced", ("advanced", "simple"))
# ADMIN_LDAP_AUTHORIZATION_ENABLED: 1 lets staff sign in with the password of an LDAP directory.
ADMIN_LDAP_AUTHORIZATION_ENABLED = environment.flag(
    "ADMIN_LDAP_AUTHORIZATION_ENABLED", default=False
)
# ADMIN_DATABASE_AUTHORIZATION_ENABLED: 1 lets them use a password kept here. Unset: only without
# the directory; both at once are two places where somebody must be shut out.
ADMIN_DATABASE_AUTHORIZATION_ENABLED = environment.flag(
    "ADMIN_DATABASE_AUTHORIZATION_ENABLED", default=not ADMIN_LDAP_AUTHORIZATION_ENABLED
)
# LDAP_URL: ldap://host:389 or ldaps://host:636; LDAP_START_TLS: 1 turns ldap:// to TLS.
LDAP_URL = environment.text("LDAP_URL", "ldap://localhost")
LDAP_START_TLS = environment.flag("LDAP_START_TLS", default=False)
# LDAP_BIND_DN, LDAP_BIND_PASSWORD: who looks people up there. Unset: nobody in particular.
LDAP_BIND_DN = environment.text("LDAP_BIND_DN")
LDAP_BIND_PASSWORD = environment.text("LDAP_BIND_PASSWORD")
# LDAP_USERS: the branch with the people; LDAP_USER_FILTER: who of them is meant by a name;
# LDAP_USER_NAME: the attribute that is their user name here.
LDAP_USERS = environment.text("LDAP_USERS")
LDAP_USER_FILTER = environment.text("LDAP_USER_FILTER", "(|(uid=%(user)s)(mail=%(user)s))")
LDAP_USER_NAME = environment.text("LDAP_USER_NAME", "uid")
# LDAP_GROUPS: the branch with the groups; LDAP_GROUP_MEMBER: the attribute that names a member.
LDAP_GROUPS = environment.text("LDAP_GROUPS")
LDAP_GROUP_MEMBER = environment.text("LDAP_GROUP_MEMBER", "member")
# LDAP_REQUIRED_GROUP: the group (its cn) that staff must be in. Unset: all people may sign in.
LDAP_REQUIRED_GROUP = environment.text("LDAP_REQUIRED_GROUP")
# LDAP_ROLES: group=role; group=role. The first that fits is given at each sign-in.
LDAP_ROLES = environment.pairs("LDAP_ROLES")

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.TokenAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["loyalty.core.api.rendering.QuickJSONRenderer"],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Loyalty: the Open Loyalty API",
    "DESCRIPTION": "Compatible with Open Loyalty 4.2. Paths without a store code serve 3.x.",
    "VERSION": "4.2.0",
    "OAS_VERSION": "3.1.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    # Closed chapters: browsers take long to lay out some three hundred open calls.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "docExpansion": "none", "filter": True},
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "POSTPROCESSING_HOOKS": [],
}
# MAX_BODY_BYTES: the largest request body, files aside.
DATA_UPLOAD_MAX_MEMORY_SIZE = environment.whole("MAX_BODY_BYTES", 2 * 1024 * 1024)
# MAX_UPLOAD_BYTES: the largest request body with files.
UPLOAD_MAX_BYTES = environment.whole("MAX_UPLOAD_BYTES", 32 * 1024 * 1024)

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("pl", "Polski")]
LOCALE_PATHS = [BASE_DIR / "loyalty" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "loyalty.static_files.StaticStorage"},
}
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "/media/"

# HOST, PORT: where `manage.py serve` listens. 0.0.0.0: on every address of this machine.
HOST = environment.text("HOST", "127.0.0.1")
PORT = environment.whole("PORT", 8181)
# WEB_WORKERS: web processes; as many as there are cores. WEB_THREADS: requests that each of them
# works on at once, each with its own database connection; more than 1 is slower, but lets short
# requests pass long ones.
WEB_WORKERS = environment.whole("WEB_WORKERS", 2)
WEB_THREADS = environment.whole("WEB_THREADS", 1)
# TASK_WORKERS: processes that run background tasks.
TASK_WORKERS = environment.whole("TASK_WORKERS", 1)

# PUBLIC_URL: where customers reach this server; the links in mails begin with it.
PUBLIC_URL = environment.address("PUBLIC_URL", f"http://localhost:{PORT}")
# EMAIL_URL: smtp://user:password@host:port?tls=1 (STARTTLS) or smtps://…, how mail leaves.
# Unset: each mail is a file in VAR_DIR/mail.
EMAIL_URL = environment.text("EMAIL_URL")
if EMAIL_URL:
    globals().update(environment.mail(EMAIL_URL))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR_DIR / "mail"
    # They carry passwords.
    EMAIL_FILE_PATH.mkdir(mode=0o700, exist_ok=True)
# DEFAULT_FROM_EMAIL: the sender's address; the program's name is put before it.
DEFAULT_FROM_EMAIL = environment.text("DEFAULT_FROM_EMAIL") or "loyalty@localhost"
# MAIL_LANGUAGE: en or pl, for customers whose address does not tell which of them they read.
MAIL_LANGUAGE = environment.choice("MAIL_LANGUAGE", "en", dict(LANGUAGES))

# CODE_LENGTH: characters of the codes that prove a phone number or an e-mail address (ACT-2).
CODE_LENGTH = max(4, environment.whole("CODE_LENGTH", 6))

# SMS_URL: smsapi://token@smsapi.pl?from=Name (or smsapi.com, .bg, .se), how text messages leave;
# without a token each store's setting smsApiToken is used. console: shows them on the screen.
# Unset: each is a file in VAR_DIR/sms.
SMS_CARRIER = environment.sms(environment.text("SMS_URL"))
# PUSH_URL: fcm:///path/of/key.json?project=id, how pushes leave: Firebase Cloud Messaging, by a
# service account's key file. console: shows them on the screen. Unset: files in VAR_DIR/push.
PUSH_CARRIER = environment.push(environment.text("PUSH_URL"))

# WEBHOOKS_ALLOW_PRIVATE: 1 lets webhooks go to addresses of the own network, such as localhost.
WEBHOOKS_ALLOW_PRIVATE = environment.flag("WEBHOOKS_ALLOW_PRIVATE", default=False)

# CASHBACK_PAYTM_URL: where payouts of cashback are asked for. Unset: nowhere, staff pay by hand.
CASHBACK_URLS = {"paytm": environment.text("CASHBACK_PAYTM_URL")}
# CASHBACK_PAYTM_SECRET: what the provider signs its answers about payouts with, and we our
# requests. Without it every answer is refused.
CASHBACK_SECRETS = {"paytm": environment.text("CASHBACK_PAYTM_SECRET")}

# CELERY_BROKER_URL: redis://… or amqp://…. Unset: messages are files under VAR_DIR.
CELERY_BROKER_URL = environment.text("CELERY_BROKER_URL") or "filesystem://localhost"
# BROKER_VISIBILITY_TIMEOUT: Redis only: seconds after which a task that a killed worker held is
# given to another. Longer than any task takes.
BROKER_VISIBILITY_TIMEOUT = environment.whole("BROKER_VISIBILITY_TIMEOUT", 300)
BROKER_DIR = VAR_DIR / "broker"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {}
if CELERY_BROKER_URL.startswith("filesystem:"):
    BROKER_DIR.mkdir(exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {"folder": str(BROKER_DIR)}
    # Remote control needs fan-out, which files do not offer.
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
elif CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": BROKER_VISIBILITY_TIMEOUT,
        # One worker at a time gives the tasks of killed ones out again. One that is killed in
        # that moment keeps the others from it for so many seconds, by default for five minutes.
        "unacked_mutex_expire": 10,
    }
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE = SCHEDULE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "scheduler")
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Who sends a task does not wait long for a broker that is down.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_start": 0.2, "interval_max": 1}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = "json"
CELERY_TIMEZONE = "UTC"

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    # LOG_LEVEL: DEBUG, INFO, WARNING or ERROR.
    "root": {"handlers": ["console"], "level": environment.text("LOG_LEVEL", "INFO")},
    "loggers": {
        # A line for every task that ends well would bury the others.
        "celery.app.trace": {"level": "WARNING"},
        # It names people; `accounts.ldap_backend` tells what matters.
        "django_auth_ldap": {"level": "ERROR"},
    },
}
