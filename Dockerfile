# One image for the API, the flows, Prefect's server and the migrations: the command decides which it is.
#
#   docker build -t insitechart:0.1.0 .                                        programs of PostgreSQL 16 and 18, from the lock
#   docker build --build-arg POSTGRES_IMAGE=… -t insitechart:0.1.0 .           and those of the server that this image runs
ARG PYTHON_IMAGE=python:3.11-slim
ARG POSTGRES_IMAGE=${PYTHON_IMAGE}

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1 UV_LINK_MODE=copy VIRTUAL_ENV=/app/.venv
WORKDIR /app
RUN python -m venv /uv && /uv/bin/pip install --quiet 'uv>=0.9' && python -m venv --without-pip /app/.venv
COPY requirements.lock ./
# tests, headers and archives of libraries are for building and trying them
RUN /uv/bin/uv pip install --quiet --require-hashes -r requirements.lock \
 && find .venv \( -name '*.a' -o -path '*/pginstall*/include/*' \) -type f -delete \
 && find .venv -depth -type d \( -path '*/pandas/tests' -o -path '*/numpy/*/tests' -o -path '*/sympy/*/tests' \) -exec rm -r {} + \
 && .venv/bin/python -m compileall -q -j 0 .venv/lib
COPY pyproject.toml requirements.in README.md prefect.yaml ./
COPY lib lib
COPY flows flows
COPY api api
COPY deployments deployments
# editable: the code stays in /app, where prefect.yaml and the flows' entry points expect it
RUN /uv/bin/uv pip install --quiet --no-deps -e . \
 && rm -rf insitechart.egg-info/SOURCES.txt build \
 && .venv/bin/python -m compileall -q -j 0 lib flows api deployments

FROM ${POSTGRES_IMAGE} AS served
USER root
COPY deployments/compose/postgres/carry.sh /
RUN sh /carry.sh /carried

FROM ${PYTHON_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="InsiteChart" \
      org.opencontainers.image.description="What people say about a stock beside what its price does" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
# what installs further things has nothing to do here
RUN groupadd --gid 10001 insitechart \
 && useradd --uid 10001 --gid 10001 --home-dir /home/insitechart --shell /usr/sbin/nologin insitechart \
 && install -d -o 10001 -g 10001 -m 0750 /home/insitechart /home/insitechart/state /home/insitechart/prefect \
      /var/lib/insitechart /var/lib/insitechart/backups \
 && rm -rf /usr/local/lib/python3*/site-packages/* /usr/local/lib/python3*/ensurepip /usr/local/bin/pip* /usr/local/bin/2to3* /root/.cache
COPY --from=served /carried/ /
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/app/.venv/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    INSITECHART_HOME=/home/insitechart/state \
    INSITECHART_PROJECT=/app \
    INSITECHART_API_HOST=0.0.0.0 \
    INSITECHART_LOG_FORMAT=json \
    PREFECT_HOME=/home/insitechart/prefect \
    PREFECT_LOGGING_SETTINGS_PATH=/app/deployments/prefect/logging.yaml \
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY=60 \
    DO_NOT_TRACK=1
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=30s --start-period=120s --retries=3 CMD ["/app/deployments/healthy.sh"]
CMD ["python", "-m", "api"]
