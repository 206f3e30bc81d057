# Two stages: the second has the packages and the code, no compiler, no cache, no root.
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
# requirements-s3.lock where documents lie in a bucket.
ARG REQUIREMENTS=requirements.lock
COPY requirements.lock requirements-s3.lock ./
RUN /venv/bin/pip install --require-hashes -r $REQUIREMENTS

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    WEB_HOST=0.0.0.0 \
    STATIC_ROOT=/app/staticfiles \
    VAR_DIR=/var/lib/clinic
RUN useradd --system --uid 10001 --home-dir /app clinic \
    && install -d -o clinic -g clinic /var/lib/clinic /var/backups/clinic
WORKDIR /app
COPY --from=build /venv /venv
COPY . .
# Nothing can write it later, and to compile the clinic takes three times as long as to load it.
RUN python -m compileall -q --invalidation-mode unchecked-hash .
# Settings for this one command: it needs no database and no secret of yours.
RUN ENV_FILE=/dev/null DEBUG=0 ALLOWED_HOSTS=localhost EMAIL_URL=none \
    DATABASE_URL=postgres://localhost/clinic \
    SECRET_KEY=only-for-collecting-static-files-and-never-kept-anywhere \
    DOCUMENT_KEYS=b25seS1mb3ItY29sbGVjdGluZy1zdGF0aWMtZmlsZXM= \
    python manage.py collectstatic --noinput
USER clinic
VOLUME /var/lib/clinic
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["python", "-c", "\
import os, urllib.request as http; \
port = os.environ.get('WEB_PORT', '8000'); \
http.urlopen(f'http://127.0.0.1:{port}/livez', timeout=2)"]
# WEB_WORKERS and WEB_THREADS say how many serve; one process loads the clinic for all of them.
CMD ["python", "manage.py", "serve"]
