/**
 * Requests that are right but for something, many of them, to every door: JSON and queries of the API, uploads in one and
 * in several requests, XML and headers of WebDAV, signatures and pieces of S3, archives, frames of the WebSocket. Whatever
 * comes, the answer is no 5xx, the device goes on, and nothing that was refused is listed.
 */
import assert from 'node:assert/strict';
import type { EntryView, TokenView } from '../../../src/model/api.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { entryId } from '../../../src/model/ids.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { GatewayFixture } from '../gateway-fixture.ts';
import { framesOf } from './frames.ts';
import { jsonShot, putShot } from './json.ts';
import { mountShots } from './mounts.ts';
import type { Aim, Shot } from './shot.ts';
import { Spoiler } from './spoil.ts';
import { tusShot } from './tus.ts';
import { FuzzWire } from './wire.ts';

/** 501 is an answer of S3 to what it does not offer; 503 of a device that has no more room to wait; 507 a full table of locks. */
const allowed5xx = new Set([501, 503, 507]);
/** Of one device in memory, which keeps everything. */
const shotsPerDevice = 2500;
const shotsBetweenFiles = 25;
const wiresAtOnce = 8;

/**
 * @param count of requests
 * @param seed so that a run can be had again
 * @param onBatch called after each device, which is gone by then
 */
export async function fuzzDoors(
  count: number,
  seed: number,
  onBatch: () => void = () => undefined,
): Promise<void> {
  const spoiler = new Spoiler(seededRandom(seed));
  for (let done = 0; done < count; done += shotsPerDevice) {
    await fuzzOneDevice(Math.min(shotsPerDevice, count - done), spoiler, `seed ${seed}, after ${done}`);
    onBatch();
  }
}

async function fuzzOneDevice(count: number, spoiler: Spoiler, run: string): Promise<void> {
  const g = await GatewayFixture.start();
  const faults: string[] = [];
  const wires = Array.from({ length: wiresAtOnce }, () => new FuzzWire(g.port));
  let shot = 0;
  try {
    let aim = await takeAim(g);
    const work = async (wire: FuzzWire) => {
      while (shot < count) {
        shot += 1;
        // What deletes comes along too; most shots should have something to hit.
        if (shot % shotsBetweenFiles === 0) aim = await takeAim(g, aim);
        const fault = await fire(g, wire, spoiler, aim);
        if (fault !== undefined) faults.push(`${run}, shot ${shot}: ${fault}`);
      }
    };
    await Promise.all(wires.map(work));
    assert.deepEqual(faults.slice(0, 5), [], run);
    assert.equal((await g.get('/healthz')).status, 200, run);
    for (const name of g.drive.names()) assert.doesNotMatch(name, /\/|^\.\.?$|\p{Cc}/u, run);
  } finally {
    for (const wire of wires) wire.close();
    await g.stop();
  }
}

/** @returns what is wrong with the answer, if anything */
async function fire(
  g: GatewayFixture,
  wire: FuzzWire,
  spoiler: Spoiler,
  aim: Aim,
): Promise<string | undefined> {
  if (spoiler.chance(0.05)) {
    const bytes = framesOf(spoiler, aim);
    const status = await wire.sendBytes(bytes, { isHead: false, ends: false });
    return isFault(status) ? `${status} ${JSON.stringify(bytes.toString('latin1'))}` : undefined;
  }
  const shot = nextShot(spoiler, aim);
  const status = await wire.send(shot);
  const told = () =>
    `${status} ${JSON.stringify({ ...shot, body: shot.body?.toString('latin1') })}`.slice(0, 600);
  if (isFault(status)) return told();
  if (shot.makes === undefined || status === 0) return undefined;
  const isThere = await hasFile(g, shot.makes);
  return isThere === status < 300 ? undefined : `${isThere ? 'listed' : 'missing'}: ${told()}`;
}

function isFault(status: number): boolean {
  return status >= 500 && !allowed5xx.has(status);
}

function nextShot(spoiler: Spoiler, aim: Aim): Shot {
  const kind = spoiler.below(10);
  if (kind < 3) return jsonShot(spoiler, aim);
  if (kind === 3) return putShot(spoiler, aim);
  if (kind < 6) return tusShot(spoiler, aim);
  const { dav, s3, pieces, signedAddress, archive } = mountShots(spoiler, aim);
  return spoiler.pick([dav, dav, s3, s3, pieces, signedAddress, archive])();
}

async function hasFile(g: GatewayFixture, name: string): Promise<boolean> {
  try {
    await g.drive.resolve(['made', name], entryId((await g.drive.root()).id));
    return true;
  } catch (error) {
    if (isPeerstorError(error)) return false;
    throw error;
  }
}

async function takeAim(g: GatewayFixture, before?: Aim): Promise<Aim> {
  for (const path of ['/docs/plan.txt', '/docs/deep/map.txt', '/made/first.txt']) {
    // A shot may have put a folder or file in the way.
    await g.ask('PUT', `/api/v1/path${path}`, { body: '0123456789' });
  }
  const { signedIn: session } = g;
  // Or another shot took them away meanwhile.
  const idAt = async (path: string) => (await g.get(`/api/v1/path${path}`)).json<Partial<EntryView>>().id;
  const folderId = (await idAt('/docs')) ?? before?.folderId ?? '';
  const fileId = (await idAt('/docs/plan.txt')) ?? before?.fileId ?? '';
  const metadata = `filename ${Buffer.from('aimed.bin').toString('base64')}`;
  const tus = { ...session, 'tus-resumable': '1.0.0', 'upload-length': '40', 'upload-metadata': metadata };
  const begun = await g.ask('POST', '/api/v1/uploads', { headers: tus });
  const uploadId = begun.headers.location?.split('/').at(-1) ?? before?.uploadId ?? '';
  if (before) return { ...before, folderId, fileId, uploadId };
  const json = { name: 'fuzz' };
  const { token = '', accessKeyId = '' } = (
    await g.ask('POST', '/api/v1/tokens', { json })
  ).json<TokenView>();
  const keys = { accessKeyId, secret: token };
  return { token, keys, host: `127.0.0.1:${g.port}`, session, folderId, fileId, uploadId };
}
