# Figures, exports and tests of this project on any machine with a container engine; README says how.
# The base is that of the CUDA version of the pinned torch, whose wheels bring the CUDA libraries.
ARG BASE_IMAGE=nvidia/cuda:13.0.1-base-ubuntu24.04

FROM ${BASE_IMAGE} AS python
# No versions: the base's own archive decides, whichever base it is.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/*

FROM python AS environment
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends python3-venv
RUN python3 -m venv /opt/venv
COPY requirements.lock /tmp/
# Bytecode that counts whatever the files' times become on their way through layers.
RUN /opt/venv/bin/python -m pip install --no-cache-dir --no-compile --only-binary :all: \
        --require-hashes -r /tmp/requirements.lock \
    && /opt/venv/bin/python -m pip uninstall --yes pip \
    && python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib

FROM python
COPY --from=environment /opt/venv /opt/venv
ENV REPRODUCE_VENV=/opt/venv \
    PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/home/reproduce \
    USER=reproduce
WORKDIR /app
COPY . .
# Any user may run the image (docker run --user) and write what it makes, but change no code.
RUN chmod -R a+rX . \
    && install -d -m 1777 . "$HOME" figures computed_data simulated_data simulated_source_data \
        source_data source_data_export source_data_export/executed twins_data
USER 1000:1000
ENTRYPOINT ["./reproduce"]

ARG BASE_IMAGE
ARG REVISION=unknown
LABEL org.opencontainers.image.title="dynamic-manifold-alignment" \
      org.opencontainers.image.description="Reproduction artifact for 'Neuronal tuning aligns dynamically with object and texture manifolds across the visual hierarchy' (Wang & Ponce, Nature Neuroscience 2026)" \
      org.opencontainers.image.documentation="https://doi.org/10.1038/s41593-026-02207-1" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE_IMAGE}"
