# The image of the help center: no build tools, not root, works with a read-only root file system.
#   docker run --read-only --tmpfs /tmp -p 8000:8000 -v helpcenter-data:/data helpcenter
FROM python:3.12-slim AS build
WORKDIR /srv/helpcenter
COPY requirements.lock ./
RUN python -m venv .venv \
    && .venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock

FROM python:3.12-slim
RUN useradd --system --no-create-home --uid 10001 helpcenter \
    && mkdir /data && chown helpcenter /data
WORKDIR /srv/helpcenter
COPY --from=build /srv/helpcenter/.venv .venv
COPY app app
COPY templates templates
COPY static static
COPY content content
ENV PATH=/srv/helpcenter/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HELP_HOST=0.0.0.0 \
    HELP_PORT=8000 \
    HELP_DATA=/data
USER helpcenter
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=15s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
CMD ["python", "-m", "app", "serve"]
