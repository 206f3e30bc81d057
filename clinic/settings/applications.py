"""What Django loads: applications, middleware, templates."""

from clinic.settings.basis import BASE_DIR

INSTALLED_APPS = [
    "clinic.apps.ClinicAdminConfig",
    "clinic.apps.ClinicConfig",
    "accounts",
    "doctors",
    "patients",
    "appointments",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "axes",
    "corsheaders",
    "django_countries",
    "csp",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pghistory",
    "pgtrigger",
    "phonenumber_field",
    "procrastinate.contrib.django",
    "rest_framework",
]

MIDDLEWARE = [
    "clinic.metrics.requests.MetricsMiddleware",
    "clinic.web.middleware.RequestIdMiddleware",
    "clinic.operations.slow.RequestLogMiddleware",
    "clinic.history.HistoryMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "clinic.web.policy.PolicyMiddleware",
    "clinic.web.middleware.HttpsApiMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "clinic.operations.maintenance.MaintenanceMiddleware",
    "clinic.web.middleware.HeadLimitMiddleware",
    "clinic.web.middleware.JsonProblemMiddleware",
    "clinic.web.middleware.CircumstancesMiddleware",
    "clinic.languages.LanguageMiddleware",
    "clinic.web.middleware.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.SignInMiddleware",
    "accounts.middleware.OwnLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.middleware.GivenPasswordMiddleware",
    "accounts.middleware.KeptFormMiddleware",
    "accounts.middleware.StepUpMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

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
                "clinic.web.context.clinic",
            ],
        },
    },
]
