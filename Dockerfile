# syntax=docker/dockerfile:1

# assured as an image: one program, Debian's libraries for it, and a user of its own. docs/containers.md says how it is run.

FROM rust:1.95-bookworm AS build
# Debian's stable release changes by security fixes only, which are wanted.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpq-dev libvirt-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# What the program is made of, and the manifests of what else is in the workspace; .dockerignore lets nothing else in.
COPY Cargo.toml Cargo.lock ./
COPY lab lab
COPY benches benches
COPY assets assets
COPY config config
COPY migrations migrations
COPY src src
# Both caches outlive the layer: after a change only what has changed is built again.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin assured \
    && install -D target/release/assured /out/assured

FROM debian:bookworm-slim
# libvirt reaches hosts by TCP and TLS itself and by SSH with ssh; the modules are for hosts that ask for a password.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        ca-certificates libpq5 libsasl2-modules libvirt0 openssh-client \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 assured \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/assured --shell /usr/sbin/nologin assured \
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/assured
COPY --from=build /out/assured /usr/local/bin/assured

LABEL org.opencontainers.image.title="assured" \
      org.opencontainers.image.description="Keeps virtual machines in the state they are supposed to be in" \
      org.opencontainers.image.licenses="Apache-2.0"

WORKDIR /var/lib/assured
# In numbers, so that a cluster that lets nobody run as root can see it.
USER 10001:10001
EXPOSE 8420
STOPSIGNAL SIGTERM
# Whether it answers. What is wrong with hosts or the database is for `assured status` and the alerts: another start
# would not mend it.
HEALTHCHECK --interval=15s --timeout=5s --start-period=1m --retries=3 CMD ["assured", "status"]
ENTRYPOINT ["assured"]
CMD ["run"]
