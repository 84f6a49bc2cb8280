/** What the gateway may ask of this device: pairing, devices, health. Drives come through accounts. */
import { renderSVG } from 'uqr';
import type { BackupService } from '../../backup/index.ts';
import type { DeviceView, HealthView } from '../../model/api.ts';
import { systemClock } from '../../model/clock.ts';
import type { DeviceFront, DeviceSettings } from '../../model/contracts/device.ts';
import type { Session } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { DeviceId } from '../../model/ids.ts';
import { healthView } from '../health/health.ts';
import { HealthWatch } from '../health/health-watch.ts';
import { topologyView } from '../health/topology.ts';
import { pageAddress } from '../home/config.ts';
import { noLimits } from '../network/index.ts';
import { parsePairingCode } from '../pairing/pairing-window.ts';
import { pageUrls } from '../process/addresses.ts';
import { lookAtFolder } from '../volumes/lent-folders.ts';
import {
  changeDevice,
  confirmGarbage,
  drainDevice,
  garbageReport,
  impactView,
  removeForEver,
} from './device-changes.ts';
import type { DeviceParts } from './device-parts.ts';
import { entryHealthView } from './entry-health.ts';
import { metricsText } from './metrics.ts';
import { isSameText, SetupGate } from './setup-gate.ts';
import { createSystemFront } from './system-front.ts';

import { withoutPaths, withoutVolumes } from './viewer.ts';

export function createDeviceFront(
  parts: DeviceParts,
  accounts: DeviceFront['accounts'],
  backups: BackupService,
): DeviceFront {
  const gate = new SetupGate(systemClock);
  const system = createSystemFront(parts);
  const watch = new HealthWatch({
    clock: systemClock,
    health: () => healthOf(parts, true),
    changed: () => parts.tell('health'),
  });

  return {
    get deviceName() {
      return parts.settings().name;
    },
    accounts,
    backups,

    healthz: () => ({
      ok: true,
      deviceId: parts.identity.principal,
      deviceName: parts.settings().name,
      networkId: parts.network()?.catalog.networkId ?? null,
      p2p: parts.network()?.transport.addresses() ?? [],
    }),

    pairing: pairingFront(parts),
    devices: devicesFront(parts),
    audit: (options) => parts.audit.list(options),

    async health(viewer) {
      const view = await healthOf(parts, isAdmin(viewer));
      return { ...view, alerts: [...backups.alerts(viewer), ...view.alerts] };
    },
    pauseWork(minutes, session) {
      session.adminSigner();
      parts.own.pause.begin(minutes);
      parts.tell('health');
      return parts.own.pause.until;
    },
    garbage: (session) => garbageReport(requireNetwork(parts), session),
    confirmGarbage: (session) => confirmGarbage(requireNetwork(parts), parts.audit, session),
    entryHealth: (id, session) => entryHealthView(requireNetwork(parts), id, session),
    metrics: () => metricsText(parts),
    system: (viewer) => system.view(viewer),

    checkSetupCode: (code, from) => {
      // A device in a network takes no set-up code; after leaving the network it has another one.
      gate.check(code, from, parts.network() === undefined ? parts.setupCode : null);
    },

    isLocalSecret: (secret) => isSameText(secret, parts.localSecret),

    onEvent(listener) {
      const stops = [watch.listen(), system.listen(), parts.onEvent((topic, ids) => listener(topic, ids))];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}

function pairingFront(parts: DeviceParts): DeviceFront['pairing'] {
  return {
    async open(session, options) {
      const network = requireNetwork(parts);
      const { code, expiresAtMs } = network.pairing.open(session.adminSigner(), options);
      const url = `${pageUrls(parts.config.host, parts.port())[0]}/setup#pair=${code}`;
      return { code, expiresAt: new Date(expiresAtMs).toISOString(), qr: renderSVG(url) };
    },
    close: () => parts.network()?.pairing.close(),
    exchange: async (message, from) => requireNetwork(parts).pairing.exchange(message, from),
    async join(typed, address, options) {
      const code = parsePairingCode(typed);
      const page = address === undefined ? undefined : pageAddress(address);
      return parts.join(code, page, { storageOnly: options?.storageOnly ?? false });
    },
  };
}

function devicesFront(parts: DeviceParts): DeviceFront['devices'] {
  return {
    list: (viewer) =>
      devicesSeenBy(parts, isAdmin(viewer)).map(isAdmin(viewer) ? (view) => view : withoutVolumes),
    nearby: () => parts.nearby(),
    topology: () => {
      const network = parts.network();
      return network ? topologyView(network) : { devices: [] };
    },
    async checkFolder(path, session) {
      session.adminSigner();
      return lookAtFolder(
        path,
        parts.store.usage().volumes.map((volume) => volume.path),
      );
    },
    transfers: (days) => parts.network()?.transfers.list(days) ?? [],
    async change(id, settings, session) {
      await changeOwn(parts, id, settings, session);
      await changeDevice(requireNetwork(parts), parts.audit, { id, settings, session });
      return deviceView(parts, requireNetwork(parts), id);
    },
    async drain(id, session, on = true) {
      const network = requireNetwork(parts);
      await drainDevice(network, parts.audit, { id, session, on });
      return deviceView(parts, network, id);
    },
    impact: (id, session) => impactView(requireNetwork(parts), id, session),
    remove: (id, session, { lost }) =>
      removeForEver(requireNetwork(parts), parts.audit, { id, session, lost }),
  };
}

/** All devices of the network; paths of folders are for admins only. */
function devicesSeenBy(parts: DeviceParts, asAdmin: boolean): DeviceView[] {
  const network = parts.network();
  if (!network) return [];
  const views = network.directory.members().map((member) => deviceView(parts, network, member.id));
  return asAdmin ? views : views.map(withoutPaths);
}

async function healthOf(parts: DeviceParts, asAdmin: boolean): Promise<HealthView> {
  const { chunks, clones, directory, gaps, transport } = requireNetwork(parts);
  const facts = {
    chunks: await chunks.health(),
    devices: devicesSeenBy(parts, asAdmin),
    wanted: parts.config.tunables.copiesWanted,
    scrub: chunks.scrubStatus(),
    drill: chunks.drillStatus(),
    garbageStopped: chunks.garbageStopped(),
    chunksWithoutPlace: parts.own.chunksWithoutPlace,
    clockOffsetsMs: transport.peers().flatMap(({ device }) => transport.facts(device)?.clockOffsetMs ?? []),
    apart: directory.members().flatMap(({ id, name }) => (gaps.has(id) ? [name] : [])),
    nowMs: Date.now(),
  };
  const view = healthView(facts, {
    repair: chunks.repairStatus(),
    receipts: chunks.receipts(),
    pausedUntil: parts.own.pause.until,
  });
  return clones.alertIn(asAdmin ? view : { ...view, devices: view.devices.map(withoutVolumes) });
}

function isAdmin(viewer: Session): boolean {
  return viewer.user.role === 'admin';
}

function requireNetwork(parts: DeviceParts) {
  const network = parts.network();
  if (network) return network;
  throw new PeerstorError('no-network', 'This device has no network yet: set it up, or join one.');
}

type Network = ReturnType<typeof requireNetwork>;

function deviceView(parts: DeviceParts, network: Network, id: DeviceId): DeviceView {
  const member = network.directory.find(id);
  if (!member) throw new PeerstorError('not-found', 'There is no such device in this network.');
  const self = id === parts.identity.principal;
  const peer = network.transport.peers().find((candidate) => candidate.device === id);
  const { presence } = network;
  const lastSeenMs = self ? Date.now() : (presence.lastSeenMs(id) ?? network.chunks.lastSeenMs(id));
  const usage = parts.store.usage();
  return {
    id,
    name: member.name,
    class: member.class,
    state: member.state,
    place: member.place,
    self,
    online: self || peer !== undefined,
    lastSeen: lastSeenMs === undefined ? null : new Date(lastSeenMs).toISOString(),
    capacityBytes: member.capacityBytes,
    usedBytes: self ? usage.bytes : (presence.usageOf(id)?.usedBytes ?? null),
    addresses: self ? network.transport.addresses() : (peer?.addresses ?? []),
    volumes: self ? usage.volumes.map(({ id: _id, ...volume }) => volume) : [],
    ...(self && {
      bandwidth: parts.settings().bandwidth ?? noLimits,
      wire: parts.settings().wire ?? 'sealed',
    }),
    rttMs: peer ? Math.round(peer.rttMs) : null,
  };
}

/** What only the device itself can change, asked by an admin who is signed in there. */
async function changeOwn(parts: DeviceParts, id: DeviceId, settings: DeviceSettings, session: Session) {
  const { volumes, upLimit, downLimit, schedule, limitLan, wire } = settings;
  if ([volumes, upLimit, downLimit, schedule, limitLan, wire].every((one) => one === undefined)) return;
  const network = requireNetwork(parts);
  session.adminSigner();
  if (id !== parts.identity.principal) {
    throw new PeerstorError(
      'bad-input',
      'Folders and limits are changed at the device itself: open its own page.',
    );
  }
  await parts.own.change(settings, network);
  if (volumes === undefined) return;
  const { username } = session.user;
  const sentence = `Storage folders changed on ${parts.settings().name}.`;
  parts.audit.note({ event: 'volumes-changed', sentence, username });
}
