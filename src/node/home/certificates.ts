/**
 * HOME/tls: the authority of this device, made at its first start, and the leaf that it signs for the names and
 * addresses of the device. The leaf is made anew when those change and before it ends.
 */
import { chmod, readFile } from 'node:fs/promises';
import { type Authority, type Certificate, newAuthority, newLeaf } from '../../crypto/index.ts';
import type { ServerCertificates } from '../../http/index.ts';
import type { Clock } from '../../model/clock.ts';
import { makeFolders } from '../../store/index.ts';
import { type Home, replaceFile } from './home.ts';

const dayMs = 86_400_000;
/** A leaf is good for 397 days; this much is left when it is made anew. */
const renewMs = 367 * dayMs;
/** A common name has at most 64 characters (RFC 5280 appendix A). */
const nameLengthMax = 52;
/** How often names are compared. */
const lookMs = 60_000;

/**
 * @param names that the leaf must be good for now
 * @returns certificates for the gateway
 */
export async function openCertificates(
  home: Home,
  deviceName: string,
  names: () => readonly string[],
  clock: Clock,
): Promise<ServerCertificates> {
  const authority = await authorityOf(home, deviceName, clock);
  let leaf: Certificate | undefined;
  let madeFor = '';
  let madeAtMs = 0;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  return {
    authority: authority.certificate,
    current() {
      const nowMs = clock.wallMs();
      if (leaf !== undefined && clock.monotonicMs() - lookedAtMs < lookMs) return leaf;
      lookedAtMs = clock.monotonicMs();
      const wanted = [...new Set(names())];
      const isGood = madeFor === wanted.join() && nowMs >= madeAtMs - dayMs && nowMs < madeAtMs + renewMs;
      if (leaf !== undefined && isGood) return leaf;
      // Made in about a millisecond, and kept in memory only: a restart makes another.
      leaf = newLeaf(authority, wanted, nowMs);
      madeFor = wanted.join();
      madeAtMs = nowMs;
      return leaf;
    },
  };
}

async function authorityOf(home: Home, deviceName: string, clock: Clock): Promise<Authority> {
  const file = home.file('tls', 'authority.json');
  const kept = await readFile(file, 'utf8')
    .then((text): Partial<Authority> => JSON.parse(text))
    .catch(() => undefined);
  const { name, certificate, privateKey } = kept ?? {};
  if (name && certificate && privateKey) return { name, certificate, privateKey };
  if ((await makeFolders(home.file('tls'))) !== undefined) await chmod(home.file('tls'), 0o700);
  const made = newAuthority(`peerstor on ${deviceName.slice(0, nameLengthMax)}`, clock.wallMs());
  await replaceFile(file, `${JSON.stringify(made, null, 2)}\n`, 0o600);
  return made;
}
