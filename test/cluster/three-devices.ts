/**
 * The whole path on three real devices: upload to one, kill it, download from another. `npm test` does this
 * with little content, `npm run test:long` with much.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { EntryView, HealthView } from '../../src/model/api.ts';
import { until } from '../support/until.ts';
import { type DeviceProcess, encodePath, hashOf, randomStream, startThree } from './device-process.ts';

const MiB = 1024 * 1024;

export interface Amounts {
  /** Size of the file that is read after its uploader was killed. */
  bigBytes: number;
  /** Size of the compressible file. */
  wordBytes: number;
  smallFiles: number;
}

/** Random words from a small list, which compress to about a third. */
async function* wordStream(bytes: number): AsyncGenerator<Uint8Array> {
  const words = Array.from({ length: 500 }, (_, n) =>
    createHash('sha256').update(String(n)).digest('base64').slice(0, 9),
  );
  let state = 1;
  for (let left = bytes; left > 0; ) {
    let text = '';
    while (text.length < MiB) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      text += `${words[(state >>> 8) % words.length]} `;
    }
    const piece = Buffer.from(text).subarray(0, Math.min(MiB, left));
    left -= piece.length;
    yield piece;
  }
}

const copiesOf = (health: HealthView) => health.chunks.byCopies;
const onlyCopies = (health: HealthView, copies: number) =>
  Object.entries(copiesOf(health)).every(([count, chunks]) => Number(count) === copies || chunks === 0) ||
  JSON.stringify(health.chunks);

/** Declares the suite. */
export function describeThreeDevices({ bigBytes, wordBytes, smallFiles }: Amounts): void {
  const big = `${bigBytes / MiB} MiB`;
  describe(`three devices on one machine (${big}, ${smallFiles} files)`, { timeout: 600_000 }, () => {
    let a: DeviceProcess;
    let b: DeviceProcess;
    let c: DeviceProcess;
    let devices: DeviceProcess[] = [];
    let bigHash = '';
    let wordsHash = '';

    before(async () => {
      devices = await startThree();
      [a, b, c] = devices as [DeviceProcess, DeviceProcess, DeviceProcess];
      bigHash = await hashOf(randomStream(bigBytes, 'big'));
      wordsHash = await hashOf(wordStream(wordBytes));
    });
    after(() => Promise.all(devices.map((device) => device.remove())));

    it('store a compressible file in less space than its size, and read it back equal on every device', async () => {
      const entry = await a.put('/words.txt', wordStream(wordBytes));
      assert.equal(entry.size, wordBytes);
      const { bytes } = await a.health();
      assert.ok(bytes < 0.75 * wordBytes, `one copy takes ${bytes} bytes`);
      for (const device of devices) {
        await until(
          `${device.name} lists it`,
          async () => (await device.entryAt('/words.txt')).size === wordBytes,
        );
        assert.deepEqual(
          await device.hashAt('/words.txt'),
          { sha256: wordsHash, size: wordBytes },
          device.name,
        );
      }
    });

    it('list a folder tree with odd names alike everywhere, and refuse names that break a rule, naming the rule', async () => {
      const names = [
        'größe.txt',
        'with spaces  two.txt',
        '🙂 emoji 👩‍👩‍👧.txt',
        `${'n'.repeat(251)}.txt`,
        'ファイル.txt',
        '-rf',
        'quote\'"`.txt',
        '100%.txt',
        'a?b#c&d.txt',
      ];
      for (const name of names) await a.put(`/tree/sub folder/${name}`, Buffer.from(name));
      for (const device of devices) {
        await until(`${device.name} lists the tree`, async () => {
          const folder = await device.entryAt('/tree/sub folder');
          const listed = (await device.children(folder.id)).map((entry) => entry.name).sort();
          return JSON.stringify(listed) === JSON.stringify([...names].sort()) || `${listed.length} names`;
        });
        for (const name of names) {
          assert.equal(
            (await device.hashAt(`/tree/sub folder/${name}`)).sha256,
            createHash('sha256').update(name).digest('hex'),
          );
        }
      }
      const root = await a.must<EntryView>('GET', '/api/v1/entries/root');
      for (const [name, rule] of [
        ['..', /\.\./],
        ['a/b', /\//],
        ['n'.repeat(256), /255/],
        ['', /empty|no name|name/i],
        ['nul\u0000', /control/i],
      ] as const) {
        const answer = await a.api<{ code: string; detail: string }>('POST', '/api/v1/entries', {
          json: { parentId: root.id, name, kind: 'folder' },
        });
        assert.equal(answer.status, 422, `${JSON.stringify(name.slice(0, 10))} answered ${answer.status}`);
        assert.match(answer.body.detail, rule);
      }
      const encodedSlash = await a.api<{ code: string }>('PUT', '/api/v1/path/x/a%2Fb.txt', {
        body: Buffer.from('x'),
      });
      assert.equal(encodedSlash.body.code, 'bad-name');
    });

    it(`take ${smallFiles} small files, and read each of them on another device`, async () => {
      const content = (n: number) => Buffer.from(`file ${n}\n`.repeat((n % 700) + 1));
      const numbers = Array.from({ length: smallFiles }, (_, n) => n).values();
      const upload = async () => {
        for (const n of numbers) await a.put(`/small/${n}.txt`, content(n));
      };
      await Promise.all(Array.from({ length: 16 }, upload));
      await until('b lists all', async () => {
        const folder = await b.entryAt('/small');
        const count = (await b.children(folder.id)).length;
        return count === smallFiles || `${count} files`;
      });
      const folder = await b.entryAt('/small');
      const entries = (await b.children(folder.id)).values();
      let wrong = 0;
      const read = async () => {
        for (const entry of entries) {
          const n = Number.parseInt(entry.name, 10);
          const answer = await b.raw('GET', `/api/v1/entries/${entry.id}/content`);
          const got = Buffer.concat(await answer.stream.toArray());
          if (!got.equals(content(n))) wrong += 1;
        }
      };
      await Promise.all(Array.from({ length: 8 }, read));
      assert.equal(wrong, 0);
    });

    it(`still read a ${big} file elsewhere after the uploading device is killed right after its answer`, async () => {
      const entry = await a.put('/big.bin', randomStream(bigBytes, 'big'), '?copies=safe&wait=60');
      assert.notEqual(
        entry.safety?.level,
        'accepted',
        'two devices are connected, so the answer must be at least safe',
      );
      await a.stop('SIGKILL');
      for (const device of [b, c]) {
        await until(
          `${device.name} lists it`,
          async () => (await device.entryAt('/big.bin')).size === bigBytes,
        );
        assert.deepEqual(await device.hashAt('/big.bin'), { sha256: bigHash, size: bigBytes }, device.name);
      }
    });

    it('say 2 of 3 while that device is gone, and 3 of 3 when it is back, without moving bytes', async () => {
      await until('everything that b and c should hold is there', async () =>
        onlyCopies(await b.health(), 2),
      );
      const answer = await b.health();
      assert.match(answer.sentence, /2 of 3|two of three|2 copies/i);
      await a.start();
      await a.login();
      await until('all copies count again', async () => onlyCopies(await b.health(), 3));
      await until('the returned device agrees', async () => onlyCopies(await a.health(), 3));
      for (const device of devices)
        assert.deepEqual(await device.hashAt('/words.txt'), { sha256: wordsHash, size: wordBytes });
    });

    it('read correct content on a device whose whole volume was deleted', async () => {
      await rm(join(c.home, 'volume'), { recursive: true, force: true });
      assert.deepEqual(await c.hashAt('/big.bin'), { sha256: bigHash, size: bigBytes });
      assert.deepEqual(await c.hashAt('/words.txt'), { sha256: wordsHash, size: wordBytes });
      await until('health stops counting its copies', async () => {
        const health = await a.health();
        return (copiesOf(health)['3'] ?? 0) === 0 || JSON.stringify(health.chunks);
      });
    });

    it('leave no plain text and no name on any disk', async () => {
      const needle = Buffer.from('größe.txt');
      for (const device of devices) {
        for (const path of await readdir(device.home, { recursive: true, withFileTypes: true })) {
          if (!path.isFile()) continue;
          const content = await readFile(join(path.parentPath, path.name)).catch(() => Buffer.alloc(0));
          assert.equal(content.includes(needle), false, `${device.name}: ${path.name} holds a file name`);
        }
      }
    });

    it('move, rename, trash and restore on one device, and show it on another', async () => {
      const entry = await b.entryAt('/tree/sub folder/größe.txt');
      const root = await b.must<EntryView>('GET', '/api/v1/entries/root');
      await b.must('PATCH', `/api/v1/entries/${entry.id}`, {
        json: { name: 'moved.txt', parentId: root.id },
      });
      await until('a shows it at its new place', async () => (await a.entryAt('/moved.txt')).id === entry.id);
      await a.must('DELETE', `/api/v1/entries/${entry.id}`);
      await until('b does not list it any more', async () => {
        const answer = await b.api('GET', `/api/v1/path${encodePath('/moved.txt')}`);
        return answer.status === 404;
      });
      await b.must('POST', `/api/v1/entries/${entry.id}/restore`);
      await until('a lists it again', async () => (await a.entryAt('/moved.txt')).id === entry.id);
    });
  });
}
