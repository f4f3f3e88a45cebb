# The image of the help center: no build tools, not root, works with a read-only root file system.
#   docker build --tag helpcenter .
#   docker run --read-only --tmpfs /tmp -p 8000:8000 -v helpcenter-data:/data helpcenter
# The digest names one image for all platforms; docs/operating.md, "Updates", says how to renew it.
FROM python:3.13-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b AS base

FROM base AS build
WORKDIR /srv/helpcenter
COPY requirements.lock ./
RUN python -m venv --without-pip .venv \
    && pip --python .venv/bin/python install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --no-cache-dir -r requirements.lock

FROM base
RUN pip uninstall --quiet --yes pip \
    && useradd --system --no-create-home --uid 10001 helpcenter \
    && mkdir /data && chown helpcenter /data
WORKDIR /srv/helpcenter
COPY --from=build /srv/helpcenter/.venv .venv
COPY app app
COPY locales locales
COPY templates templates
COPY static static
COPY content content
ENV PATH=/srv/helpcenter/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HELP_HOST=0.0.0.0 \
    HELP_PORT=8000 \
    HELP_DATA=/data
RUN python -m compileall -q app
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=15s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
CMD ["python", "-m", "app", "serve"]
