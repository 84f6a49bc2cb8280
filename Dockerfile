# docker build -t peerstor . && docker run --network host -v peerstor:/home/node/peerstor peerstor
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production PEERSTOR_HOME=/home/node/peerstor
WORKDIR /opt/peerstor
COPY --from=build /src/package.json /src/LICENSE ./
COPY --from=build /src/bin ./bin
COPY --from=build /src/dist ./dist
COPY --from=build /src/node_modules ./node_modules
RUN ln -s /opt/peerstor/bin/peerstor.js /usr/local/bin/peerstor \
  && install -d -o node -g node -m 0700 /home/node/peerstor
USER node
VOLUME /home/node/peerstor
EXPOSE 8080/tcp 4001/tcp 5353/udp
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["peerstor"]
CMD ["start", "--port", "8080", "--p2p-port", "4001"]
