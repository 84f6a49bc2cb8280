/**
 * What placement costs, without disks and sockets: bytes moved when a device joins or is lost, in a
 * cluster of one process on a virtual clock, and how much of uneven devices can be used.
 */
import { sealManifest } from '../src/crypto/index.ts';
import type { MemberDevice } from '../src/model/contracts/replication.ts';
import type { DeviceId } from '../src/model/ids.ts';
import { Placement } from '../src/replication/placement/placement.ts';
import { startCluster, type TestCluster } from '../test/replication/support/cluster.ts';
import { save, type TestFile } from '../test/replication/support/files.ts';
import { chunkNumber, chunkOf, member } from '../test/replication/support/fixtures.ts';
import type { Row } from './measure.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const GB = 1e9;
const copies = 3;
/** Nothing else is read or asked meanwhile. */
const tunables = { inventoryDigestMs: 6 * hourMs, scrubPeriodMs: 1000 * dayMs, auditEveryMs: 1000 * dayMs };

export async function measureCopiesMoved(chunks: number): Promise<Row[]> {
  const file = fileOf(chunks);
  return [
    ...(await measureJoin(file)),
    ...(await measureLoss(file)),
    usable('8000 + 500 + 3 × 200 GB', [8000, 500, 200, 200, 200]),
    usable('4000 + 1000 + 4 × 100 GB', [4000, 1000, 100, 100, 100, 100]),
    usable(
      '16 mixed devices',
      [4000, 2000, 2000, 1000, 1000, 1000, 500, 500, 500, 250, 250, 250, 128, 128, 64, 64],
    ),
  ];
}

async function measureJoin(file: TestFile): Promise<Row[]> {
  const cluster = await startCluster(5, { tunables });
  const [gateway, , , , joined] = cluster.devices;
  if (!gateway || !joined) throw new Error('the cluster is too small');
  await cluster.stop(joined);
  cluster.removeMember(joined.id);
  await save(cluster, gateway, 1, file);
  await cluster.clock.pass(10 * minuteMs);
  const before = movedBytes(cluster);
  cluster.addMember(member(4));
  await cluster.restart(joined);
  await cluster.clock.pass(2 * dayMs);
  const placement = new Placement([0, 1, 2, 3, 4].map((number) => member(number)));
  const share = bytesOf(file, ({ id }) => placement.wanted(id, copies).includes(joined.id));
  const row = movedRow('a fifth device joins', movedBytes(cluster) - before, share);
  await cluster.end();
  return [row];
}

async function measureLoss(file: TestFile): Promise<Row[]> {
  const cluster = await startCluster(5, { tunables });
  const [gateway, lost] = cluster.devices;
  if (!gateway || !lost) throw new Error('the cluster is too small');
  await save(cluster, gateway, 1, file);
  await cluster.clock.pass(10 * minuteMs);
  const before = movedBytes(cluster);
  const held = bytesOf(file, ({ id }) => lost.store.has(id));
  await cluster.stop(lost);
  cluster.removeMember(lost.id);
  await cluster.clock.pass(2 * dayMs);
  const whole = file.chunks.filter(
    ({ id }) => cluster.holdersOf(id).filter((one) => one !== lost.id).length >= copies,
  );
  if (whole.length < file.chunks.length)
    throw new Error(`${file.chunks.length - whole.length} chunks are thin`);
  const row = movedRow('one of five devices is lost', movedBytes(cluster) - before, held);
  await cluster.end();
  return [row];
}

function movedRow(what: string, moved: number, least: number): Row {
  return {
    what: `${what}: bytes moved`,
    value: `${(moved / 1e6).toFixed(1)} MB`,
    ratio: `${(moved / least).toFixed(2)} × the least possible`,
    aim: '≤ 1.2',
  };
}

/** Chunks go to the first devices in the order that have room, until one finds too few. */
function usable(what: string, sizes: readonly number[]): Row {
  // A few thousand chunks however large the devices are.
  const chunkBytes = (sizes.reduce((sum, size) => sum + size, 0) * GB) / 20_000;
  const members = sizes.map((size, number): MemberDevice => member(number, { capacityBytes: size * GB }));
  const placement = new Placement(members);
  const room = new Map<DeviceId, number>(
    members.map(({ id, capacityBytes }) => [id, Math.floor(capacityBytes / chunkBytes)]),
  );
  let stored = 0;
  for (; ; stored += 1) {
    const order = placement.order(chunkNumber(stored), copies);
    const takers = order.filter((id) => (room.get(id) ?? 0) > 0).slice(0, copies);
    if (takers.length < copies) break;
    for (const id of takers) room.set(id, (room.get(id) ?? 0) - 1);
  }
  const ideal = idealChunks(members.map(({ capacityBytes }) => Math.floor(capacityBytes / chunkBytes)));
  return {
    what: `${what}: usable`,
    value: `${((stored * chunkBytes) / GB).toFixed(0)} GB`,
    ratio: `${(stored / ideal).toFixed(2)} of the ideal`,
  };
}

/** The most chunks whose copies fit on different devices: no device can hold more than one of each. */
function idealChunks(rooms: readonly number[]): number {
  const fits = (chunks: number) =>
    rooms.reduce((sum, room) => sum + Math.min(room, chunks), 0) >= copies * chunks;
  let [low, high] = [0, rooms.reduce((sum, room) => sum + room, 0)];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function fileOf(count: number): TestFile {
  const chunks = Array.from({ length: count }, (_, number) => chunkOf(number, 16 * 1024));
  const manifest = sealManifest(new Uint8Array(32).fill(7), {
    kind: 'leaf',
    references: chunks.map(({ id, bytes }) => ({ id, size: bytes.length })),
    slots: chunks.map(({ bytes }) => ({ key: new Uint8Array(32), size: bytes.length })),
    cutter: 'bench',
  });
  return { chunks: [...chunks, manifest], manifest: manifest.id };
}

function bytesOf({ chunks }: TestFile, isCounted: (chunk: TestFile['chunks'][number]) => boolean): number {
  return chunks.filter(isCounted).reduce((sum, { bytes }) => sum + bytes.length, 0);
}

function movedBytes(cluster: TestCluster): number {
  const sent = cluster.devices.flatMap((device) => device.sent);
  return sent.filter(({ method }) => method === 'chunk/put').reduce((sum, { bytes }) => sum + bytes, 0);
}
