/**
 * Cuts uploads at random points by stopping the client, the receiving device, or a device that takes
 * copies. No partial file is ever listed, and every acknowledged file is complete. `npm test`
 * cuts a few uploads, `npm run test:long` many.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { freshSeed } from '../support/fresh-seed.ts';
import { until } from '../support/until.ts';
import { allConnected, type DeviceProcess, hashOf, randomStream, startThree } from './device-process.ts';

const MiB = 1024 * 1024;

/** Random numbers in [0, 1) from the seed. */
function chance(): () => number {
  let counter = 0;
  return () => createHash('sha256').update(`${freshSeed}/${counter++}`).digest().readUInt32BE(0) / 2 ** 32;
}

/** Declares the suite. */
export function describeCutUploads({ rounds, fileBytes }: { rounds: number; fileBytes: number }): void {
  describe(`${rounds} uploads cut at random points (PEERSTOR_TEST_SEED=${freshSeed})`, {
    timeout: 600_000,
  }, () => {
    let devices: DeviceProcess[] = [];
    const next = chance();
    /** path → hash of each acknowledged file. */
    const acknowledged = new Map<string, string>();

    before(async () => {
      devices = await startThree();
    });
    after(() => Promise.all(devices.map((device) => device.remove())));

    /** Streams a file slowly enough that a cut falls inside it; calls `cut` at its point. */
    async function* cutStream(name: string, cutAt: number, cut: () => void): AsyncGenerator<Uint8Array> {
      let sent = 0;
      let done = false;
      for await (const piece of randomStream(fileBytes, name)) {
        yield piece;
        sent += piece.length;
        if (!done && sent >= cutAt) {
          done = true;
          cut();
        }
        if (sent % MiB === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      }
    }

    async function attempt(name: string, round: number): Promise<void> {
      const [a, b] = devices as [DeviceProcess, DeviceProcess, DeviceProcess];
      const cutAt = Math.floor(next() * fileBytes);
      const victim = (['client', 'sender', 'receiver'] as const)[round % 3] as
        | 'client'
        | 'sender'
        | 'receiver';
      const client = new AbortController();
      let killed: Promise<unknown> = Promise.resolve();
      const cut = () => {
        if (victim === 'client') client.abort();
        else killed = (victim === 'sender' ? a : b).stop('SIGKILL');
      };
      try {
        const answer = await a.raw('PUT', `/api/v1/path/cut/${name}`, {
          body: cutStream(name, cutAt, cut),
          signal: client.signal,
        });
        answer.stream.resume();
        if (answer.status < 300) acknowledged.set(name, await hashOf(randomStream(fileBytes, name)));
      } catch {
        // the connection went with the client or the device
      }
      await killed;
      if (victim === 'sender') await a.start();
      if (victim === 'receiver') await b.start();
      await allConnected(devices);
    }

    it('list only acknowledged files, each of them complete on every device', async () => {
      const [a] = devices as [DeviceProcess];
      await a.put('/cut/first.txt', Buffer.from('here'));
      acknowledged.set('first.txt', createHash('sha256').update('here').digest('hex'));
      for (let round = 0; round < rounds; round++) await attempt(`round-${round}.bin`, round);

      // An upload whose answer was lost may be listed, but then it must be whole.
      for (const device of devices) {
        await until(`${device.name} lists what was acknowledged`, async () => {
          const folder = await device.entryAt('/cut');
          const names = new Set((await device.children(folder.id)).map((entry) => entry.name));
          return [...acknowledged.keys()].every((name) => names.has(name)) || [...names].join(' ');
        });
        const folder = await device.entryAt('/cut');
        for (const entry of await device.children(folder.id)) {
          const expected =
            acknowledged.get(entry.name) ?? (await hashOf(randomStream(fileBytes, entry.name)));
          assert.equal(
            (await device.hashAt(`/cut/${entry.name}`)).sha256,
            expected,
            `${device.name}: ${entry.name}`,
          );
        }
      }
      assert.ok(acknowledged.size > 1, 'uploads that only lost a receiver must have been acknowledged');
    });
  });
}
