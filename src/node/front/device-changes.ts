/** What an admin can change about a device, and what they may want to know first. */

import type { ImpactView } from '../../model/api.ts';
import { systemClock, systemRandom } from '../../model/clock.ts';
import type { Audit } from '../../model/contracts/audit.ts';
import type { DeviceSettings } from '../../model/contracts/device.ts';
import type { Session } from '../../model/contracts/drive.ts';
import type { GarbageReport } from '../../model/contracts/health.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { type DeviceId, entryId } from '../../model/ids.ts';
import { checkDisplayName } from '../../model/names/display-name.ts';
import { deviceName } from '../home/config.ts';
import { memberRecord, removeDevice } from '../membership/device-removal.ts';
import type { AuditLog } from './audit-log.ts';
import type { NetworkParts } from './device-parts.ts';

/** Characters. */
/** Maximum number of lost entries listed by name; the numbers count all. */
const entriesNamed = 100;
/** Maximum number of versions examined for them. */
const versionsLookedAt = 5000;

/** Changes the device's record. Its certificates and history stay. Writes nothing where nothing is new. */
export async function changeDevice(
  network: Pick<NetworkParts, 'catalog'>,
  audit: Audit,
  { id, settings, session }: { id: DeviceId; settings: DeviceSettings; session: Session },
): Promise<void> {
  const { name, class: deviceClass, place } = settings;
  if ([name, deviceClass, place].every((one) => one === undefined)) return;
  const signer = session.adminSigner();
  const { body: before } = memberRecord(network, id);
  const body = {
    ...before,
    ...(name === undefined ? {} : { name: deviceName(name) }),
    ...(deviceClass === undefined ? {} : { class: deviceClass }),
    ...(place === undefined ? {} : { place: place === '' ? '' : checkDisplayName('A place', place) }),
  };
  const isRenamed = body.name !== before.name;
  const said = [
    ...(body.class === before.class ? [] : [`its class is ${body.class}`]),
    ...(body.place === before.place
      ? []
      : [body.place === '' ? 'its place was cleared' : `its place is ${body.place}`]),
  ];
  if (!isRenamed && said.length === 0) return;
  await network.catalog.author([{ table: 'device', id, body }], signer);
  const { username } = session.user;
  if (isRenamed) {
    const sentence = `${before.name} was renamed to ${body.name}.`;
    audit.note({ event: 'device-renamed', sentence, username });
  }
  if (said.length > 0) {
    const sentence = `${body.name} was changed: ${said.join(', and ')}.`;
    audit.note({ event: 'device-changed', sentence, username });
  }
}

/** Starts or ends the draining of a device. A draining device still serves what it has. */
export async function drainDevice(
  network: NetworkParts,
  audit: AuditLog,
  { id, session, on }: { id: DeviceId; session: Session; on: boolean },
): Promise<void> {
  const signer = session.adminSigner();
  const { body } = memberRecord(network, id);
  const state = on ? 'draining' : 'active';
  if (body.state === state) return;
  await network.catalog.author([{ table: 'device', id, body: { ...body, state } }], signer);
  const sentence = on
    ? `${body.name} is draining: its copies move to other devices.`
    : `${body.name} takes copies again.`;
  audit.note({ event: on ? 'device-draining' : 'device-active', sentence, username: session.user.username });
}

/** Removes a device for ever. @throws as `removeDevice` */
export async function removeForEver(
  network: NetworkParts,
  audit: AuditLog,
  { id, session, lost }: { id: DeviceId; session: Session; lost: boolean },
): Promise<void> {
  const signer = session.adminSigner();
  const { username } = session.user;
  const clocks = { clock: systemClock, random: systemRandom };
  const name = await removeDevice(network, { id, signer, lost }, clocks);
  const sentence = `${name} was removed from the network${lost ? ', and the data that only it had was given up' : ''}.`;
  audit.note({ event: 'device-removed', sentence, username });
}

/** The garbage on this device. @throws `forbidden` for a member */
export async function garbageReport({ chunks }: NetworkParts, session: Session): Promise<GarbageReport> {
  session.adminSigner();
  return chunks.garbageReport();
}

/** @throws `conflict` when no deletion waits for an admin, `forbidden` for a member */
export async function confirmGarbage(
  { chunks }: NetworkParts,
  audit: AuditLog,
  session: Session,
): Promise<GarbageReport> {
  session.adminSigner();
  const stopped = chunks.garbageStopped();
  if (stopped === null) throw new PeerstorError('conflict', 'No deletion waits for an admin now.');
  chunks.confirmGarbage();
  const sentence = `An admin agreed to delete ${stopped.chunks} chunks that no file needs.`;
  audit.note({ event: 'garbage-confirmed', sentence, username: session.user.username });
  return chunks.garbageReport();
}

/** What would be lost if a device died now; the listed entries are those of the user who asks. */
export async function impactView(network: NetworkParts, id: DeviceId, session: Session): Promise<ImpactView> {
  memberRecord(network, id);
  const { lostVersions, ...numbers } = await network.chunks.impactOf(id);
  const entries = new Map<string, string>();
  for (const version of lostVersions.slice(0, versionsLookedAt)) {
    if (entries.size >= entriesNamed) break;
    const entry = network.catalog.get('version', version)?.body?.entry;
    if (entry === undefined || entries.has(entry)) continue;
    const name = await nameFor(session, entry);
    if (name !== undefined) entries.set(entry, name);
  }
  return {
    ...numbers,
    deviceId: id,
    lostVersions: lostVersions.length,
    entries: [...entries].map(([entry, name]) => ({ id: entry, name })),
  };
}

/** undefined for another user's entry, or one that is gone. */
async function nameFor(session: Session, entry: string): Promise<string | undefined> {
  try {
    return (await session.drive.entry(entryId(entry))).name;
  } catch (error) {
    if (isPeerstorError(error)) return undefined;
    throw error;
  }
}
