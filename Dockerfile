# smap in a container: `make deb` first, then
#   docker build -t smap . && docker run -it smap
FROM debian:bookworm-slim
COPY out/packages/smap_*.deb /tmp/smap.deb
RUN apt-get update && apt-get install -y /tmp/smap.deb && rm -rf /tmp/smap.deb /var/lib/apt/lists/*
ENTRYPOINT ["smap"]
