import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CountedStream, Traffic } from '../../../src/node/network/traffic.ts';
import { deviceNumber } from '../../replication/support/fixtures.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const [near, far] = [deviceNumber(1), deviceNumber(2)];

test('bytes are counted by device, with a rate over the last ten seconds', async () => {
  const clock = new ManualClock();
  const traffic = new Traffic(clock);
  traffic.add(near, 1000, 0);
  await clock.pass(2000);
  traffic.add(near, 500, 70);
  traffic.add(far, 3, 0);
  assert.deepEqual(traffic.with(near), {
    sentBytes: 1500,
    receivedBytes: 70,
    sentBytesPerSecond: 150,
    receivedBytesPerSecond: 7,
  });
  await clock.pass(11_000);
  assert.equal(traffic.with(near).sentBytesPerSecond, 0);
  assert.equal(traffic.with(near).sentBytes, 1500);
  assert.equal(traffic.with(deviceNumber(3)).sentBytes, 0);
});

test('what moved is given once', () => {
  const traffic = new Traffic(new ManualClock());
  traffic.add(near, 1, 2);
  traffic.add(near, 10, 20);
  assert.deepEqual(traffic.take(), [{ device: near, sentBytes: 11, receivedBytes: 22 }]);
  assert.deepEqual(traffic.take(), []);
});

test('a counted stream counts frames that were written and read, and nothing that failed', async () => {
  const counted: [number, number][] = [];
  const frames: (Uint8Array | undefined)[] = [new Uint8Array(7), undefined];
  let failing = false;
  const stream = new CountedStream(
    {
      lastByteAtMs: 5,
      read: async () => frames.shift(),
      write: async () => {
        if (failing) throw new Error('gone');
      },
      end: async () => undefined,
      abort: () => undefined,
      onClosed: () => undefined,
    },
    (sent, received) => counted.push([sent, received]),
  );
  await stream.write([new Uint8Array(3), new Uint8Array(4)]);
  await stream.read();
  await stream.read();
  failing = true;
  await assert.rejects(stream.write([new Uint8Array(3)]));
  assert.deepEqual(counted, [
    [7, 0],
    [0, 7],
  ]);
  assert.equal(stream.lastByteAtMs, 5);
});
