# One image for every role, for the simulator and for the administrator's commands. Runs as nobody in particular.
FROM python:3.11.13-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /opt/gas-lifeline
COPY requirements/ requirements/
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --require-hashes -r requirements/build.txt -r requirements/service.txt \
 && /opt/venv/bin/pip install --require-hashes -r requirements/postgres.txt
# A checkout made under umask 077 is nobody's but its owner's, and stays so when copied.
COPY . .
RUN /opt/venv/bin/pip install --no-deps --no-build-isolation -e . \
 && /opt/venv/bin/python -m compileall -q /opt/gas-lifeline \
 && /opt/venv/bin/pip uninstall --yes setuptools pip \
 && chmod -R a+rX .

FROM python:3.11.13-slim-bookworm
RUN groupadd --gid 10001 lifeline \
 && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin lifeline \
 && install -d -o 10001 -g 10001 /var/lib/gas-lifeline
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/gas-lifeline /opt/gas-lifeline
# SQLite vacuums beside its files and not in the memory that /tmp is made of.
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MPLCONFIGDIR=/tmp \
    SQLITE_TMPDIR=/var/lib/gas-lifeline
WORKDIR /opt/gas-lifeline
USER 10001:10001
ENTRYPOINT ["gas-lifeline"]
