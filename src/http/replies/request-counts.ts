/** How many requests came through each door, how they ended, how long they took, how many bytes they moved: for Prometheus. */
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { declaredLength } from '../requests/request-body.ts';

/** Upper bounds in seconds; uploads and downloads may take hours. */
const boundsS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60];

interface DoorCounts {
  /** By class of the status: `2xx`. */
  byStatus: Map<string, number>;
  /** Requests that took at most so long, by index of the bound. */
  within: number[];
  requests: number;
  seconds: number;
  receivedBytes: number;
  sentBytes: number;
}

const doors = [
  ['upload', /^PUT \/api\/v1\/(path|entries)|\/uploads(\/:id)?$/],
  ['download', /\/(content|archive|dl|thumbnail)$/],
  ['guest', /^\w+ \/s\//],
  ['dav', /^\w+ \/dav/],
  ['s3', /^\w+ \/s3/],
  ['api', /^\w+ \/api\//],
] as const;

export class RequestCounts {
  readonly #doors = new Map<string, DoorCounts>();
  /** Bytes that its connection had sent before a request. */
  readonly #before = new WeakMap<IncomingMessage, number>();

  /** Call it when a request was answered, or cut off in its answer. */
  note(request: FastifyRequest, reply: FastifyReply): void {
    const counts = this.#of(doorOf(request));
    const seconds = reply.elapsedTime / 1000;
    const status = `${Math.floor(reply.raw.statusCode / 100)}xx`;
    counts.byStatus.set(status, (counts.byStatus.get(status) ?? 0) + 1);
    counts.requests += 1;
    counts.seconds += seconds;
    for (const [index, bound] of boundsS.entries()) {
      if (seconds <= bound) counts.within[index] = (counts.within[index] ?? 0) + 1;
    }
    counts.receivedBytes += declaredLength(request.raw) ?? 0;
    counts.sentBytes += Math.max(0, writtenBytes(request) - (this.#before.get(request.raw) ?? 0));
  }

  /** Call it when a request has come, before its answer. */
  begin(request: FastifyRequest): void {
    this.#before.set(request.raw, writtenBytes(request));
  }

  /** In the text format of Prometheus. */
  text(): string {
    const each = (line: (door: string, counts: DoorCounts) => string[]) =>
      [...this.#doors].flatMap(([door, counts]) => line(door, counts));
    const lines = [
      '# HELP peerstor_http_requests_total Requests answered, by door and class of the status.',
      '# TYPE peerstor_http_requests_total counter',
      ...each((door, { byStatus }) =>
        [...byStatus].map(
          ([status, count]) => `peerstor_http_requests_total{door="${door}",status="${status}"} ${count}`,
        ),
      ),
      '# HELP peerstor_http_received_bytes_total Bytes of request bodies whose length was declared.',
      '# TYPE peerstor_http_received_bytes_total counter',
      ...each((door, counts) => [
        `peerstor_http_received_bytes_total{door="${door}"} ${counts.receivedBytes}`,
      ]),
      '# HELP peerstor_http_sent_bytes_total Bytes of answers, headers included; not those over HTTP/2.',
      '# TYPE peerstor_http_sent_bytes_total counter',
      ...each((door, counts) => [`peerstor_http_sent_bytes_total{door="${door}"} ${counts.sentBytes}`]),
      '# HELP peerstor_http_request_seconds How long requests took, body and answer included.',
      '# TYPE peerstor_http_request_seconds histogram',
      ...each(histogramOf),
    ];
    return `${lines.join('\n')}\n`;
  }

  #of(door: string): DoorCounts {
    const known = this.#doors.get(door);
    if (known) return known;
    const sums = { requests: 0, seconds: 0, receivedBytes: 0, sentBytes: 0 };
    const fresh: DoorCounts = { byStatus: new Map(), within: boundsS.map(() => 0), ...sums };
    this.#doors.set(door, fresh);
    return fresh;
  }
}

function histogramOf(door: string, { within, requests, seconds }: DoorCounts): string[] {
  const name = 'peerstor_http_request_seconds';
  return [
    ...boundsS.map((bound, index) => `${name}_bucket{door="${door}",le="${bound}"} ${within[index] ?? 0}`),
    `${name}_bucket{door="${door}",le="+Inf"} ${requests}`,
    `${name}_sum{door="${door}"} ${seconds.toFixed(6)}`,
    `${name}_count{door="${door}"} ${requests}`,
  ];
}

/** Of a connection that serves one request after the other. */
function writtenBytes({ raw }: FastifyRequest): number {
  return raw.httpVersionMajor === 1 ? (raw.socket.bytesWritten ?? 0) : 0;
}

/** By the route, never by the address: no name of a file is in a label. */
function doorOf({ method, routeOptions }: FastifyRequest): string {
  const route = `${method} ${routeOptions.url ?? ''}`;
  return doors.find(([, pattern]) => pattern.test(route))?.[0] ?? 'page';
}
