# cartrials in a container: the nightly run, the worker of a Prefect pool, a Dask worker; the command decides.
#
#   docker build -t cartrials .
#   docker run --rm -v cartrials-data:/data -e CARTRIALS_CONTACT_EMAIL=you@example.org cartrials nightly
FROM python:3.13-slim

# A user of its own. A new volume takes the owner of the folder that it is mounted on: each must be there, and its.
RUN useradd --create-home --uid 10001 cartrials && install -d -o cartrials /data /scans /lake
WORKDIR /app

# Dependencies by hash, in a layer that changes only with the lock.
COPY requirements/ requirements/
RUN python -m venv /opt/cartrials \
 && /opt/cartrials/bin/python -m pip install --no-cache-dir --require-hashes -r requirements/uv.txt \
 && /opt/cartrials/bin/uv pip install --no-cache --python /opt/cartrials/bin/python --require-hashes \
        -r requirements/scale.txt

COPY pyproject.toml README.md LICENSE prefect.yaml ./
COPY flows/ flows/
COPY transforms/ transforms/
COPY expectations/ expectations/
COPY warehouse/ warehouse/
RUN /opt/cartrials/bin/uv pip install --no-cache --python /opt/cartrials/bin/python --no-deps .

ENV PATH=/opt/cartrials/bin:$PATH \
    CARTRIALS_HOME=/data \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    DO_NOT_TRACK=1 \
    PYTHONUNBUFFERED=1
USER cartrials
VOLUME /data
ENTRYPOINT ["cartrials"]
CMD ["--help"]
