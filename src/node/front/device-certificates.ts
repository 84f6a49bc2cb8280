/** The certificates of this device in its network: it says what its own authority is, and learns who vouches for that. */
import { hostname } from 'node:os';
import { equalBytes, vouchedBy } from '../../crypto/index.ts';
import type { Timer } from '../../model/clock.ts';
import type { CatalogReader } from '../../model/contracts/catalog.ts';
import { sentenceOf } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';
import type { DeviceBody } from '../../model/records.ts';
import { type OwnCertificates, openCertificates, type Vouching } from '../home/certificates.ts';
import type { Home } from '../home/home.ts';
import { pageHosts } from '../process/addresses.ts';
import type { DeviceParts } from './device-parts.ts';

/** A change of the host's name, and what no event tells. */
const lookEveryMs = 10 * 60_000;

export interface DeviceCertificates extends OwnCertificates {
  stop(): void;
}

export async function openDeviceCertificates(
  parts: DeviceParts,
  home: Home,
  log: Log,
): Promise<DeviceCertificates> {
  const hostNames = () => [hostname(), ...parts.config.hostNames].map((name) => name.toLowerCase());
  const own = await openCertificates(home, parts.settings().name, () => pageHosts(hostNames()), parts.clock);
  let timer: Timer | undefined;
  let looking = Promise.resolve();
  let stopped = false;

  function look(): void {
    timer?.cancel();
    looking = looking
      .then(async () => {
        const network = parts.network();
        if (stopped || network === undefined) return own.vouch(undefined);
        await sayOwn(parts, network.catalog, { ...own.own, hostNames: hostNames() });
        own.vouch(await vouchingOf(network.catalog, own.own.publicKey, parts.clock.wallMs()));
      })
      .catch((error: unknown) => {
        if (!stopped)
          log.warn({}, `The certificates of this device could not be looked after: ${sentenceOf(error)}`);
      })
      .then(() => {
        if (!stopped) timer = parts.clock.after(lookEveryMs, look);
      });
  }

  const stopListening = parts.onEvent((topic) => {
    if (topic === 'devices') look();
  });
  look();
  await looking;
  return {
    own: own.own,
    get authority() {
      return own.authority;
    },
    get fingerprint() {
      return own.fingerprint;
    },
    current: (servername) => own.current(servername),
    vouch: (vouching) => own.vouch(vouching),
    stop() {
      stopped = true;
      timer?.cancel();
      stopListening();
    },
  };
}

/** The device's own word in its record, so that an admin can vouch for it. */
async function sayOwn(
  { identity }: DeviceParts,
  catalog: NonNullable<ReturnType<DeviceParts['network']>>['catalog'],
  tls: NonNullable<DeviceBody['tls']>,
): Promise<void> {
  const body = catalog.get('device', catalog.self)?.body;
  if (!body || body.state === 'removed') return;
  const said = body.tls;
  const isSaid =
    said?.name === tls.name &&
    equalBytes(said.publicKey, tls.publicKey) &&
    said.hostNames.join() === tls.hostNames.join();
  if (isSaid) return;
  await catalog.author([{ table: 'device', id: catalog.self, body: { ...body, tls } }], identity);
}

/** What an admin wrote for this device, if it is for its present key and the authority that the admins have. */
async function vouchingOf(
  catalog: CatalogReader & { readonly self: string },
  publicKey: Uint8Array,
  nowMs: number,
): Promise<Vouching | undefined> {
  const vouched = catalog.get('device', catalog.self)?.body?.vouched;
  if (vouched === undefined) return undefined;
  for await (const { body } of catalog.list('user')) {
    const root = body?.role === 'admin' ? body.authority?.certificate : undefined;
    const found = root === undefined ? undefined : vouchedBy(root, vouched.certificate, nowMs);
    if (root !== undefined && found && equalBytes(found.publicKey, publicKey)) return { root, ...vouched };
  }
  return undefined;
}
