/** A folder of photos that is adopted where it is, on two devices; its drive is pulled and plugged in again. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { BackupRunView, BackupView } from '../../src/model/backups/backup-views.ts';
import { until } from '../support/until.ts';
import { DeviceProcess, pair, password, username } from './device-process.ts';

const bin = new URL('../../bin/peerstor.js', import.meta.url).pathname;
const bytesEach = 96 * 1024;

async function cli(home: string, words: string[], stdin = ''): Promise<string> {
  const child = spawn(process.execPath, [bin, '--home', home, ...words]);
  child.stdin.end(stdin);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (piece) => {
      said += piece;
    });
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(code, 0, said);
  return said;
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  return bytes;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Declares the suite. */
export function describeAdoptedFolder({ files }: { files: number }): void {
  describe(`an adopted folder of ${files} photos`, { timeout: 900_000 }, () => {
    it('is shown without being copied, is served by the other device while its drive is pulled, and never with old content', async () => {
      const top = await mkdtemp(join(tmpdir(), 'peerstor-adopted-'));
      const devices: DeviceProcess[] = [];
      try {
        for (const name of ['desk', 'shelf'])
          devices.push(await DeviceProcess.start({ name, tune: { trimAfterMs: 1000 } }));
        const [desk, shelf] = devices as [DeviceProcess, DeviceProcess];
        await desk.setup();
        await cli(desk.home, ['login', '--user', username, '--password-stdin'], `${password}\n`);
        const photos = join(top, 'photos');
        const hashes: string[] = [];
        const photo = (n: number) => join(photos, `album ${n % 10}`, `IMG_${n}.jpg`);
        const old = new Date(Date.now() - 60_000);
        for (let n = 0; n < files; n += 1) {
          const bytes = randomFillSync(Buffer.alloc(bytesEach));
          hashes.push(sha256(bytes));
          await mkdir(join(photos, `album ${n % 10}`), { recursive: true });
          await writeFile(photo(n), bytes);
          await utimes(photo(n), old, old);
        }
        await cli(desk.home, ['adopt', photos, '--at', '/Photos']);
        const lastRun = async (): Promise<BackupRunView | null> => {
          const { items } = await desk.must<{ items: BackupView[] }>('GET', '/api/v1/backups');
          return items[0]?.state === 'running' ? null : (items[0]?.lastRun ?? null);
        };
        await until('the folder is adopted', async () => (await lastRun())?.added === files, 600_000);
        // Catalog, manifests and index take room; the photos do not.
        const volume = await bytesIn(join(desk.home, 'volume', 'segments'));
        assert.ok(volume < (files * bytesEach) / 4, `${volume} bytes for ${files * bytesEach}`);
        const at = (n: number) => `/Photos/album ${n % 10}/IMG_${n}.jpg`;
        assert.equal((await desk.hashAt(at(3))).sha256, hashes[3]);

        await pair(desk, shelf);
        await until('the user can sign in there', async () => (await shelf.login()).status === 200);
        await until(
          'the other device has copies of all, made from the plain files',
          async () => {
            const { chunks } = await desk.health();
            const thin = (chunks.byCopies[0] ?? 0) + (chunks.byCopies[1] ?? 0);
            return (thin === 0 && chunks.total > files) || JSON.stringify(chunks.byCopies);
          },
          600_000,
        );
        assert.equal((await shelf.hashAt(at(4))).sha256, hashes[4]);

        await rename(photos, join(top, 'pulled'));
        await mkdir(photos);
        await until('the device reads from the other one', async () => {
          return (await desk.hashAt(at(5))).sha256 === hashes[5];
        });
        await until('it says that the drive is not there', async () =>
          (await desk.health()).alerts.some(({ code }) => code === 'adopted-away'),
        );
        await rm(photos, { recursive: true });
        await rename(join(top, 'pulled'), photos);
        const said = await cli(desk.home, ['adopt', 'run', 'photos']);
        assert.match(said, new RegExp(`0 new, 0 changed, 0 moved, ${files} unchanged`));

        const edited = randomFillSync(Buffer.alloc(bytesEach));
        const { id } = await desk.entryAt(at(6));
        await writeFile(photo(6), edited);
        await utimes(photo(6), old, old);
        // Whatever was noticed when: one content or the other, under the version that has it.
        const seen = (await desk.hashAt(at(6))).sha256;
        assert.ok([hashes[6], sha256(edited)].includes(seen ?? ''));
        await cli(desk.home, ['adopt', 'run', 'photos']);
        await until('the new content is a version', async () => {
          return (await desk.hashAt(at(6))).sha256 === sha256(edited);
        });
        const { items } = await desk.must<{ items: { id: string }[] }>(
          'GET',
          `/api/v1/entries/${id}/versions`,
        );
        assert.equal(items.length, 2);
        const before = await desk.raw('GET', `/api/v1/entries/${id}/content?version=${items[1]?.id}`);
        const pieces = await before.stream.toArray();
        assert.equal(sha256(Buffer.concat(pieces)), hashes[6], 'the old version comes from the other device');
      } finally {
        for (const device of devices) await device.remove();
        await rm(top, { recursive: true, force: true });
      }
    });
  });
}
