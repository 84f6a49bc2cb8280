/** Where the copies of one file are. */
import type { EntryHealthView } from '../../model/api.ts';
import type { Session } from '../../model/contracts/drive.ts';
import type { EntryId } from '../../model/ids.ts';
import type { NetworkParts } from './device-parts.ts';

/** @throws `not-found` as the session's drive does */
export async function entryHealthView(
  { catalog, chunks, directory, transport }: NetworkParts,
  id: EntryId,
  session: Session,
): Promise<EntryHealthView> {
  const { safety } = await session.drive.entry(id);
  const [current] = await catalog.currentVersions(id);
  const holders = current?.body ? chunks.copiesOf(current.body.manifest) : undefined;
  const copies = [...(holders?.byDevice ?? [])].flatMap(([device, count]) => {
    const member = directory.find(device);
    const online = device === transport.self || transport.isConnected(device);
    if (!member) return [];
    const proved = chunks.provedAtMs(device);
    const checkedAt =
      device === transport.self
        ? chunks.scrubStatus().lastFinishedAt
        : proved === undefined
          ? null
          : new Date(proved).toISOString();
    return [{ deviceId: device, deviceName: member.name, online, chunks: count, checkedAt }];
  });
  copies.sort((a, b) => b.chunks - a.chunks || (a.deviceName < b.deviceName ? -1 : 1));
  return { entryId: id, safety, chunks: holders?.chunks ?? 0, copies };
}
