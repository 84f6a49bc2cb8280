import type { FastifyReply } from 'fastify';

/**
 * Takes the reply out of the framework's hands and writes its head: the headers set so far and
 * these. What follows is written to `reply.raw`.
 */
export function takeOver(
  reply: FastifyReply,
  status: number,
  headers: Record<string, string | number>,
): void {
  const before = Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined);
  reply.hijack();
  reply.raw.writeHead(status, { ...Object.fromEntries(before), ...headers });
}
