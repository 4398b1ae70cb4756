# One image for the API, the flows and the migrations: the command decides which it is.
FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1 UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
WORKDIR /app
RUN python -m venv /uv && /uv/bin/pip install --quiet 'uv>=0.9' && python -m venv --without-pip /app/.venv
COPY requirements.lock ./
RUN VIRTUAL_ENV=/app/.venv /uv/bin/uv pip install --quiet --require-hashes -r requirements.lock
COPY pyproject.toml requirements.in README.md prefect.yaml ./
COPY lib lib
COPY flows flows
COPY api api
COPY deployments deployments
# editable: the code stays in /app, where prefect.yaml and the flows' entry points expect it
RUN VIRTUAL_ENV=/app/.venv /uv/bin/uv pip install --quiet --no-deps -e .

FROM python:3.11-slim
LABEL org.opencontainers.image.title="InsiteChart" \
      org.opencontainers.image.description="What people say about a stock beside what its price does"
RUN useradd --system --uid 10001 --home-dir /home/insitechart --create-home --shell /usr/sbin/nologin insitechart
WORKDIR /app
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    INSITECHART_HOME=/home/insitechart/state \
    INSITECHART_PROJECT=/app \
    INSITECHART_LOG_FORMAT=json \
    PREFECT_HOME=/home/insitechart/prefect \
    DO_NOT_TRACK=1
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/api/v1/health/live', timeout=2)"]
CMD ["uvicorn", "api.app:create_app", "--factory", "--host", "0.0.0.0", "--port", "8000", "--no-access-log", "--timeout-graceful-shutdown", "8"]
