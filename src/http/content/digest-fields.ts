/** Checksums of a whole file on request: Repr-Digest (RFC 9530), and Digest (RFC 3230) that older programs ask for. */
import type { IncomingHttpHeaders } from 'node:http';

/** The names of header fields that the client wants; sha-256 is the one algorithm that is offered. */
export function digestsWanted(headers: IncomingHttpHeaders): ('repr-digest' | 'digest')[] {
  return [
    ...(wantsSha256(headers['want-repr-digest']) ? (['repr-digest'] as const) : []),
    ...(wantsSha256(headers['want-digest']) ? (['digest'] as const) : []),
  ];
}

/** `sha-256=5, sha-512=3` in the one, `sha-256;q=0.5` in the other; 0 is: not that one. */
function wantsSha256(header: string | string[] | undefined): boolean {
  if (typeof header !== 'string') return false;
  return header.split(',').some((part) => {
    const [, rest] = /^\s*sha-256(?![\w-])\s*(.*)$/i.exec(part) ?? [];
    return rest !== undefined && !/^(?:;\s*q)?\s*=\s*0(?:\.0*)?$/i.test(rest.trim());
  });
}

/** The fields for a checksum in hex. */
export function digestFields(
  wanted: readonly ('repr-digest' | 'digest')[],
  sha256: string,
): Record<string, string> {
  const base64 = Buffer.from(sha256, 'hex').toString('base64');
  const values = { 'repr-digest': `sha-256=:${base64}:`, digest: `sha-256=${base64}` };
  return Object.fromEntries(wanted.map((name) => [name, values[name]]));
}
