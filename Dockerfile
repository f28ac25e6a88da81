# Not run here: no image was built of this file, because the computer it was written on has no container engine. Its steps
# (wheel, hashed install, start in read-only folders) run without one in tests/deploy/test_installed.py.
#
#   docker build --tag isotretinoin-cds .
#
# Pin the base image by digest at your site: --build-arg PYTHON=3.11-slim-bookworm@sha256:...
# 3.11 is the version of Python that the tests run under.
ARG PYTHON=3.11-slim-bookworm

FROM python:${PYTHON} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /source
COPY requirements.lock ./
COPY deploy/build.lock deploy/
# Every package in the version and with the hash of the lock; wheels only, so that nothing is compiled or run.
RUN python -m venv --without-pip /opt/isotretinoin-cds \
 && pip --python /opt/isotretinoin-cds/bin/python install --no-compile --require-hashes --only-binary=:all: -r requirements.lock \
 && python -m venv /build \
 && /build/bin/pip install --require-hashes --only-binary=:all: -r deploy/build.lock
COPY pyproject.toml README.md LICENSE ./
COPY cds cds
COPY rules rules
COPY hooks hooks
COPY fixtures/demo fixtures/demo
RUN /build/bin/pip wheel . --no-deps --no-index --no-build-isolation --wheel-dir /wheels \
 && pip --python /opt/isotretinoin-cds/bin/python install --no-compile --no-deps --no-index /wheels/*.whl \
 && /opt/isotretinoin-cds/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/isotretinoin-cds/lib

FROM python:${PYTHON}
LABEL org.opencontainers.image.title="isotretinoin-cds" \
      org.opencontainers.image.licenses="Apache-2.0"
# A number, so that an orchestrator can see that it is not root. /data is all that the service writes.
RUN install -d -o 10001 -g 10001 -m 0700 /data
COPY --from=build /opt/isotretinoin-cds /opt/isotretinoin-cds
ENV PATH=/opt/isotretinoin-cds/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ISOTRETINOIN_CDS_SITE=/etc/isotretinoin-cds/site.yaml \
    ISOTRETINOIN_CDS_HOST=0.0.0.0 \
    ISOTRETINOIN_CDS_PORT=8080 \
    ISOTRETINOIN_CDS_RELOAD=yes \
    ISOTRETINOIN_CDS_DATA=/data
USER 10001:10001
WORKDIR /
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import http.client as h, os, sys; c = h.HTTPConnection('127.0.0.1', int(os.environ['ISOTRETINOIN_CDS_PORT']), timeout=2); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["isotretinoin-cds"]
CMD ["serve"]
