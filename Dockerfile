# The reference server and the tap in one image. Any base with a Node of its own will do: nothing is run while it is
# built, so it needs neither a shell nor npm. The context is this folder, with its packages and dist (npm ci makes both).
ARG BASE_IMAGE=node:20-bookworm-slim
FROM ${BASE_IMAGE}
WORKDIR /cutwire
COPY package.json LICENSE ./
COPY node_modules/picocolors node_modules/picocolors
COPY node_modules/pure-rand node_modules/pure-rand
COPY node_modules/safe-stable-stringify node_modules/safe-stable-stringify
COPY node_modules/ws node_modules/ws
COPY node_modules/zod node_modules/zod
COPY dist dist
USER 10001:10001
# The server (8475) with its control API (8476), or the ports of the tap (9000-9031) with its own (8477).
EXPOSE 8475 8476 8477
HEALTHCHECK --interval=5s --timeout=3s --start-period=2s --retries=3 CMD ["node", "/cutwire/dist/cli/image-main.js", "health"]
ENTRYPOINT ["node", "/cutwire/dist/cli/image-main.js"]
# Every address of the container; what of it can be reached from elsewhere is up to the ports that are published.
CMD ["serve", "--host", "0.0.0.0", "--control-host", "0.0.0.0", "--events", "--new-ids"]
