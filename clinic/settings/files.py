"""Where files live, and how large they may be."""

from pathlib import Path

from whitenoise.compress import Compressor

from clinic.settings.basis import BASE_DIR, DEBUG, VAR_DIR, env

# Where `manage.py backup` keeps backups, unless it is told another place.
BACKUP_DIR = env.str("BACKUP_DIR", "")

STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
# ID photos and files to be imported: a bucket, or a folder of this machine.
DOCUMENTS_BUCKET = env.bucket("DOCUMENTS_STORAGE")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "documents": {
        "BACKEND": "clinic.s3.EncryptedS3Storage",
        "OPTIONS": DOCUMENTS_BUCKET,
    }
    if DOCUMENTS_BUCKET
    else {
        "BACKEND": "clinic.storage.EncryptedFileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "documents", "base_url": None},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Source maps are for people who debug: not worth half of the time that compressing takes.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
