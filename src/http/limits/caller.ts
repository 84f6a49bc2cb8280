/** Who asks, as it is counted: the one place of the gateway that reads the address of a request. */
import type { FastifyRequest } from 'fastify';
import { addressBlock } from '../../model/address-block.ts';

/** The IPv4 address, or the IPv6 network, that a request came from; behind a trusted proxy, that of its client. */
export function callerOf(request: FastifyRequest): string {
  return addressBlock(request.ip);
}
