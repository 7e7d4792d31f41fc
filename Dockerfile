# Facetry in a container: the app alone by default, about 1 GB. How to use it: README.md, "In a container".
#
#   PARTS        what is installed beside the app (setup/parts.toml): "transformers", "llama_cpp", "formats", "umap", or several
#   TORCH_INDEX  where pip finds another build of PyTorch than its usual index has, which for Linux on x86-64 is the one
#                for CUDA: the address that pytorch.org gives for the CPU, or for another version of CUDA
#   BASE         a Debian with Python 3.11 or newer
#
# The secret "pip" is a pip.conf for the build: --secret id=pip,src=FILE. Nothing of it stays in the image.

ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
ARG PARTS=""
ARG TORCH_INDEX=""
ENV PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN case "$PARTS" in *llama_cpp*) \
        apt-get update -q && apt-get install -q -y --no-install-recommends build-essential ;; esac
# What is installed changes seldom, and comes first: a change of the code alone installs nothing anew.
COPY requirements.txt requirements-dev.txt start.py ./
COPY setup setup
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    if [ -n "$TORCH_INDEX" ]; then \
        python3 -m venv .venv && \
        .venv/bin/python -m pip install --index-url "$TORCH_INDEX" $(grep -E '^torch(vision)?==' requirements.txt); \
    fi && \
    python3 start.py install app $PARTS
COPY . .
# Nobody can write compiled modules later, and without them each start would compile all that it imports. Without a look at
# the source's time, as the files do not change.
RUN python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash .venv core pages setup ui *.py

FROM ${BASE}
ARG PARTS=""
RUN case "$PARTS" in *llama_cpp*) \
        apt-get update -q && apt-get install -q -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/* ;; esac
# The account that the app runs as owns the workspace and nothing else.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data/home --shell /usr/sbin/nologin facetry && \
    install -d -m 700 -o facetry -g facetry /data
WORKDIR /app
COPY --from=build /app /app
# A container's own loopback is nobody's browser. Who comes in is asked for the token at each address but that one, and
# who can reach it is decided where the port is published (compose.yaml: this computer alone).
# With a name for the browser Streamlit does not ask the internet for one, as it does where it listens to all.
# The last three are those of start.py: without them the server holds about 130 MB more than it uses.
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FACETRY_WORKSPACE=/data/workspace \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_SERVER_HEADLESS=true \
    STREAMLIT_BROWSER_SERVER_ADDRESS=localhost \
    MALLOC_ARENA_MAX=2 \
    MALLOC_TRIM_THRESHOLD_=100000 \
    MALLOC_MMAP_THRESHOLD_=1000000
USER facetry
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python3", "-c", \
    "import http.client as h, os, sys; c = h.HTTPConnection('127.0.0.1', int(os.environ['STREAMLIT_SERVER_PORT']), timeout=4); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
CMD ["streamlit", "run", "streamlit_app.py"]
