/**
 * HOME/tls: the authority of this device, made at its first start, and the leaf that it signs for the names and
 * addresses of the device. The leaf is made anew when those change and before it ends. Where the network's authority
 * vouches for this one, its certificate goes along, and who trusts the network trusts the device.
 */
import { chmod, readFile } from 'node:fs/promises';
import {
  type Authority,
  type Certificate,
  fingerprintOf,
  isVouchable,
  newAuthority,
  newLeaf,
  publicKeyOf,
} from '../../crypto/index.ts';
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

/** The network's authority vouches for the one of this device. All in PEM. */
export interface Vouching {
  /** The network's authority itself. */
  root: string;
  /** What it says of this device's. */
  certificate: string;
  /** Names that this holds for, beside private addresses and zones. */
  hostNames: readonly string[];
}

export interface OwnCertificates extends ServerCertificates {
  /** Name and public key of this device's own authority. */
  readonly own: { name: string; publicKey: Uint8Array };
  /** From now on the certificate in between goes along; undefined for none. */
  vouch(vouching: Vouching | undefined): void;
}

interface Made {
  leaf: Certificate;
  names: string;
  vouching: Vouching | undefined;
  atMs: number;
}

/**
 * @param names that the leaf must be good for now
 * @returns certificates for the gateway
 */
export async function openCertificates(
  home: Home,
  deviceName: string,
  names: () => readonly string[],
  clock: Clock,
): Promise<OwnCertificates> {
  const authority = await authorityOf(home, deviceName, clock);
  let vouching: Vouching | undefined;
  /** For the names that the network vouches for, and for the others. */
  const made = new Map<boolean, Made>();
  let wanted: readonly string[] = [];
  let lookedAtMs = Number.NEGATIVE_INFINITY;

  const vouchedNames = (all: readonly string[], { hostNames }: Vouching) =>
    all.filter((name) => isVouchable(name, hostNames));

  function leafFor(isVouched: boolean): Certificate {
    const nowMs = clock.wallMs();
    const used = isVouched ? vouching : undefined;
    const good = used === undefined ? wanted : vouchedNames(wanted, used);
    const before = made.get(isVouched);
    const isGood =
      before?.names === good.join() &&
      before.vouching === used &&
      nowMs >= before.atMs - dayMs &&
      nowMs < before.atMs + renewMs;
    if (before !== undefined && isGood) return before.leaf;
    // Made in about a millisecond, and kept in memory only: a restart makes another.
    const { certificate, privateKey } = newLeaf(authority, good, nowMs);
    const leaf = { certificate: certificate + (used?.certificate ?? ''), privateKey };
    made.set(isVouched, { leaf, names: good.join(), vouching: used, atMs: nowMs });
    return leaf;
  }

  return {
    own: { name: authority.name, publicKey: publicKeyOf(authority.certificate) },
    get authority() {
      return vouching?.root ?? authority.certificate;
    },
    get fingerprint() {
      return fingerprintOf(vouching?.root ?? authority.certificate);
    },
    vouch(next) {
      if (vouching?.certificate === next?.certificate && vouching?.root === next?.root) return;
      vouching = next;
    },
    current(servername) {
      if (wanted.length === 0 || clock.monotonicMs() - lookedAtMs >= lookMs) {
        lookedAtMs = clock.monotonicMs();
        wanted = [...new Set(names())];
      }
      // Who asks for a name that the network does not vouch for may trust this device alone.
      const isOther = servername !== undefined && vouching && !isVouchable(servername, vouching.hostNames);
      return leafFor(vouching !== undefined && !isOther);
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
