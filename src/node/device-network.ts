/** Builds and connects what a device has inside a network: catalog, transport, replication, pairing. */
import { createCatalog, createCatalogSync, createOutbox, type LocalCatalog } from '../catalog/index.ts';
import type { SigningKey } from '../crypto/index.ts';
import { recoverableUsers } from '../drive/index.ts';
import type { Clock, Random } from '../model/clock.ts';
import type { Audit } from '../model/contracts/audit.ts';
import type { ChunkStore } from '../model/contracts/chunk-store.ts';
import { type OrderedStore, withPrefix } from '../model/contracts/ordered-store.ts';
import type { RestorableUser } from '../model/contracts/restoring.ts';
import type { Transport } from '../model/contracts/transport.ts';
import type { UploadStates } from '../model/contracts/uploads.ts';
import { deviceId, shortId } from '../model/ids.ts';
import type { Log } from '../model/log.ts';
import { createReplication } from '../replication/index.ts';
import { JournalKeeper } from '../rescue/index.ts';
import { nodeFiles } from '../store/index.ts';
import type { NetworkParts } from './front/device-parts.ts';
import { Presence } from './health/presence.ts';
import { TransferHistory } from './health/transfer-history.ts';
import type { DeviceConfig } from './home/config.ts';
import type { Home, HomeSettings, StoredMembership } from './home/home.ts';
import { HomeFreeSpace } from './home/home-free-space.ts';
import { NetworkSecrets } from './home/network-secrets.ts';
import { CatalogDirectory } from './membership/device-directory.ts';
import { KeyClones } from './membership/key-clones.ts';
import { answerReaches } from './membership/membership-calls.ts';
import { OwnRemoval } from './membership/own-removal.ts';
import { Rollback } from './membership/rollback.ts';
import { SecretFollower } from './membership/secret-rotation.ts';
import {
  type Bandwidth,
  createLibp2pTransport,
  type Libp2pTransport,
  Traffic,
  WireGaps,
} from './network/index.ts';
import { admit } from './pairing/admission.ts';
import type { PairingLimits } from './pairing/pairing-limits.ts';
import { PairingWindow } from './pairing/pairing-window.ts';
import { listenAddress } from './settings/listen-address.ts';
import { deviceSealingKey, keepOwnRecord } from './settings/own-record.ts';
import { standingOf } from './wiring/catalog-standing.ts';
import { LinkReservations } from './wiring/link-reservations.ts';
import { liveVersionsOf } from './wiring/live-versions.ts';
import { NetworkUploadCopies } from './wiring/upload-copies.ts';

export interface NetworkOptions {
  config: DeviceConfig;
  home: Home;
  identity: SigningKey;
  membership: StoredMembership;
  settings(): HomeSettings;
  bandwidth: Bandwidth;
  /** Addresses of the page, HOST:PORT. */
  pages(): string[];
  onBattery(): boolean;
  /** Users who are signed in here. */
  restorable(): RestorableUser[];
  /** As for `ReplicationParts`. */
  oldestUploadMs(): number;
  /** Undefined until the device serves people. */
  uploadStates(): UploadStates | undefined;
  store: ChunkStore;
  /** Local database for data that can be rebuilt: inventory, references, addresses. */
  index: OrderedStore;
  catalogStore: OrderedStore;
  /** The readable rest of a damaged database that `catalogStore` replaces. */
  damaged?: Pick<OrderedStore, 'range'>;
  pairingLimits: PairingLimits;
  audit: Audit;
  /** Resolves when the device serves: comparing what is kept with what is there can wait until then. */
  calm: Promise<void>;
  clock: Clock;
  /** A time that it surely is by now, whatever the clock shows. */
  notBeforeMs(): number;
  random: Random;
  log: Log;
}

/** A network that is wired but not started: a new one is populated first. */
export interface WiredNetwork {
  parts: NetworkParts;
  start(): Promise<void>;
}

export async function wireNetwork(options: NetworkOptions): Promise<WiredNetwork> {
  const { config, identity, membership, clock, random, log } = options;
  const { tunables } = config;

  let handOver: (() => void) | undefined;
  const rollback = new Rollback();
  const { catalog, clones } = await openCatalog(options, () => handOver?.());
  const directory = await CatalogDirectory.open(catalog);
  const secrets = secretsOf(options);
  const removal = new OwnRemoval(catalog, membership.certificates);
  const links = { traffic: new Traffic(clock), gaps: new WireGaps(clock) };
  const transport = await openTransport({ ...options, ...links }, { catalog, directory, secrets, removal });
  secrets.onChange(() => transport.secretsChanged());
  answerReaches(transport, catalog);
  const reservations = new LinkReservations({ catalog, transport, clock, random });
  const uploadCopies = copiesOfUploads(options, catalog, transport);
  const follower = new SecretFollower({
    catalog,
    transport,
    secrets,
    sealingSecret: deviceSealingKey(identity).secretKey,
    isMember: (device) => directory.find(device) !== undefined,
    clock,
    log,
  });
  const sync = createCatalogSync({ catalog, transport, clock, tunables, log });
  handOver = () => rollback.begin({ catalog, sync, transport, clock, log });
  clones.follow(transport);
  const chunks = replicationOf(options, { catalog, directory, sync, transport });
  const about = () => ({ version: config.version, pages: options.pages() });
  const presence = new Presence({ transport, store: options.store, clock, about });
  const transfers = new TransferHistory({
    traffic: links.traffic,
    store: withPrefix(options.index, 'transfers/'),
    clock,
    log,
  });
  const pairing = pairingOf(options, { catalog, transport, secrets });
  const journals = journalsOf(options, catalog);
  const stop = async () => {
    pairing.close();
    uploadCopies.stop();
    presence.stop();
    secrets.stop();
    await follower.stop();
    await rollback.stop();
    await sync.stop();
    await chunks.stop();
    await transport.stop();
    await transfers.stop();
    await journals.stop();
    await catalog.stop();
  };
  return {
    parts: {
      catalog,
      sync,
      transport,
      chunks,
      directory,
      presence,
      ...links,
      transfers,
      pairing,
      secrets,
      removal,
      rollback,
      clones,
      reservations,
      uploadCopies,
      stop,
    },
    async start() {
      await chunks.start();
      await transfers.start();
      await sync.start();
      journals.start();
      presence.start();
      await uploadCopies.start();
      await transport.start();
      introduce(transport, membership.introductions);
      if (catalog.overtaken) handOver?.();
      secrets.start();
      follower.start();
      await keepOwnRecord({ ...options, settings: options.settings() }, catalog);
    },
  };
}

function copiesOfUploads(
  { index, clock, log, config, uploadStates: states }: NetworkOptions,
  catalog: LocalCatalog,
  transport: Transport,
): NetworkUploadCopies {
  const store = withPrefix(index, 'upload-copies/');
  const expiryMs = config.tunables.uploadExpiryMs;
  return new NetworkUploadCopies({ transport, catalog, store, states, clock, log, expiryMs });
}

/** The catalog, started; and who notices that two devices run with one key. */
async function openCatalog(
  options: NetworkOptions,
  onOvertaken: () => void,
): Promise<{ catalog: LocalCatalog; clones: KeyClones }> {
  const { home, identity, membership, audit, clock, log } = options;
  const room = new HomeFreeSpace(home.folder);
  const clones = new KeyClones({
    clock,
    audit,
    nameOf: (device) => catalog.get('device', device)?.body?.name ?? shortId(device),
  });
  const catalog = createCatalog({
    genesis: membership.genesis,
    self: deviceId(identity.principal),
    audit,
    identity,
    store: options.catalogStore,
    outbox: createOutbox(home.file('outbox.log')),
    clock,
    notBeforeMs: () => options.notBeforeMs(),
    log,
    mustHaveRoom: () => room.mustHave(),
    onOvertaken,
    onTwice: (device) => clones.seen(device),
  });
  await startCatalog(catalog, options);
  return { catalog, clones };
}

/**
 * @throws `index-corrupt` when the catalog's database is damaged; then nothing but the catalog was opened, and
 * it is closed
 */
async function startCatalog(catalog: LocalCatalog, { damaged, log }: NetworkOptions): Promise<void> {
  try {
    await catalog.start();
    if (damaged)
      log.info({ records: await catalog.salvage(damaged) }, 'Records were read from the old catalog.');
    if (!catalog.isCaughtUp()) log.info({}, 'The catalog is being filled from the other devices.');
  } catch (error) {
    await catalog.stop();
    throw error;
  }
}

type ReplicationParts = Pick<NetworkParts, 'catalog' | 'directory' | 'sync' | 'transport'>;

function replicationOf(options: NetworkOptions, parts: ReplicationParts): NetworkParts['chunks'] {
  const { catalog, directory, sync, transport } = parts;
  const { config, identity, store, clock, random, log, onBattery, restorable, oldestUploadMs } = options;
  return createReplication({
    self: deviceId(identity.principal),
    transport,
    store,
    index: withPrefix(options.index, 'replication/'),
    devices: directory,
    versions: liveVersionsOf(catalog),
    catalog: standingOf(catalog, sync),
    clock,
    random,
    tunables: config.tunables,
    log,
    onBattery,
    restorable,
    oldestUploadMs,
    calm: options.calm,
  });
}

type PairingParts = Pick<NetworkParts, 'catalog' | 'transport' | 'secrets'>;

function pairingOf(options: NetworkOptions, { catalog, transport, secrets }: PairingParts): PairingWindow {
  const { config, identity, membership, pairingLimits, audit, clock } = options;
  return new PairingWindow({
    self: { id: deviceId(identity.principal), name: () => options.settings().name },
    networkId: () => catalog.networkId,
    welcome: (joiner, signer) => {
      const nowMs = () => clock.wallMs();
      return admit({ catalog, transport, membership, secrets, nowMs }, joiner, signer);
    },
    limits: pairingLimits,
    audit,
    clock,
    tunables: config.tunables,
  });
}

/** The catalog beside the chunks of each volume, for rescue. */
function journalsOf(
  { config, membership, identity, store, clock, random, log }: NetworkOptions,
  catalog: LocalCatalog,
): JournalKeeper {
  return new JournalKeeper({
    catalog,
    changes: catalog,
    genesis: membership.genesis,
    users: () => recoverableUsers(catalog),
    seed: identity.seed,
    store,
    files: nodeFiles,
    afterMs: config.tunables.catalogJournalMs,
    clock,
    random,
    log,
  });
}

/** The secrets in force. The home stores each change before it is used. */
function secretsOf({ config, home, membership, clock }: NetworkOptions): NetworkSecrets {
  const { networkSecret, epoch, replaced } = membership;
  return new NetworkSecrets({
    kept: { current: { epoch, secret: networkSecret }, replaced },
    save: (kept) =>
      home.saveMembership({
        ...membership,
        networkSecret: kept.current.secret,
        epoch: kept.current.epoch,
        replaced: kept.replaced,
      }),
    clock,
    overlapMs: config.tunables.secretOverlapMs,
  });
}

/** The parts that know who is in the network. */
interface MemberParts {
  catalog: LocalCatalog;
  directory: CatalogDirectory;
  secrets: NetworkSecrets;
  removal: OwnRemoval;
}

async function openTransport(
  {
    bandwidth,
    config,
    identity,
    membership,
    index,
    settings,
    traffic,
    gaps,
    clock,
    random,
    log,
  }: NetworkOptions & {
    traffic: Traffic;
    gaps: WireGaps;
  },
  { catalog, directory, secrets, removal }: MemberParts,
): Promise<Libp2pTransport> {
  const self = deviceId(identity.principal);
  return createLibp2pTransport({
    identitySeed: identity.seed,
    networkId: membership.networkId,
    networkSecrets: () => secrets.inForce(),
    listen: await listenAddress(config, settings()),
    announce: config.announce,
    name: () => settings().name,
    class: () => settings().class,
    // Until the catalog has arrived, the certificates of the pairing prove the membership.
    certificates: () =>
      catalog.get('device', self) ? catalog.certificatesOf(self) : membership.certificates,
    authorize: (device, certificates) => {
      const body = catalog.verifyMember(device, certificates);
      return body && { class: body.class };
    },
    removalProof: (device) => (catalog.isRemoved(device, []) ? catalog.certificatesOf(device) : []),
    onRefused: (proof) => removal.refused(proof),
    // Until the catalog has arrived, this device knows only the devices that the welcome named.
    members: () =>
      directory.find(self)
        ? directory.members().map((member) => member.id)
        : Object.keys(membership.introductions).map((id) => deviceId(id)),
    onMembersChange: (listener) => directory.onChange(listener),
    addressBook: withPrefix(index, 'addresses/'),
    mdns: config.mdns,
    tunables: config.tunables,
    bandwidth,
    traffic,
    gaps,
    wire: () => settings().wire ?? 'sealed',
    log,
    clock,
    random,
  });
}

/** Dials devices at the addresses that came with the welcome. */
export function introduce(transport: Libp2pTransport, introductions: Record<string, string[]>): void {
  for (const [id, addresses] of Object.entries(introductions)) {
    transport.hint(deviceId(id), addresses);
  }
}
