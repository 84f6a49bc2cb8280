/**
 * Whom an address of a caller stands for. Everything that is counted by address (wrong passwords, set-up and
 * pairing codes, requests, downloads, rows of the audit log) is counted by this.
 */
import { isIPv4, isIPv6 } from 'node:net';

/**
 * The network that an address stands for: whoever has one IPv6 address usually has its whole /64. The same
 * network always gives the same text, however its addresses are written; the text itself stays as it is.
 * @param from an IP address, or anything else, which is then kept
 * @returns an IPv4 address, of an IPv4-mapped one too, or an IPv6 network such as `2001:db8:0:1::/64`
 */
export function addressBlock(from: string): string {
  const [address = ''] = from.split('%', 1);
  if (!isIPv6(address)) return isIPv4(from) ? from : from.trim();
  const groups = groupsOf(address);
  const [high = 0, low = 0] = groups.slice(6);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** The eight groups of an IPv6 address, written in any of the ways of RFC 4291, section 2.2. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const left = groupsIn(head);
  if (tail === undefined) return left;
  const right = groupsIn(tail);
  return [...left, ...Array<number>(Math.max(0, 8 - left.length - right.length)).fill(0), ...right];
}

function groupsIn(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [Number.parseInt(part, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}
