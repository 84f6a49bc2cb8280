import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { systemClock } from '../../../../src/model/clock.ts';
import { isPeerstorError } from '../../../../src/model/errors.ts';
import { deviceId } from '../../../../src/model/ids.ts';
import { frameBytesMax } from '../../../../src/model/limits.ts';
import { messageParts } from '../../../../src/node/network/frames/message.ts';
import {
  type SealedKeys,
  sealedHeadBytes,
  sealedKeys,
} from '../../../../src/node/network/sealed/sealed-frames.ts';
import { SealedSocket } from '../../../../src/node/network/sealed/sealed-socket.ts';

const agreement = {
  dialer: deviceId('a'.repeat(64)),
  acceptor: deviceId('b'.repeat(64)),
  dialerSecret: new Uint8Array(32).fill(1),
  acceptorSecret: new Uint8Array(32).fill(2),
  ticket: new Uint8Array(16).fill(3),
};
const dialerKeys = sealedKeys(agreement, 'dialer');
const acceptorKeys = sealedKeys(agreement, 'acceptor');

async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  const accepted = once(server, 'connection');
  const dialed = connect({ host: '127.0.0.1', port: address.port });
  const [socket] = (await accepted) as [Socket];
  server.close();
  return [dialed, socket];
}

function sealedOver(socket: Socket, keys: SealedKeys): SealedSocket {
  return new SealedSocket(socket, { keys, clock: systemClock, stallMs: 2000 });
}

async function sealedPair(): Promise<[SealedSocket, SealedSocket]> {
  const [dialed, accepted] = await socketPair();
  return [sealedOver(dialed, dialerKeys), sealedOver(accepted, acceptorKeys)];
}

/** The bytes that one side writes for these frames, one buffer a frame. */
async function recorded(keys: SealedKeys, frames: readonly Uint8Array[][]): Promise<Buffer[]> {
  const [dialed, accepted] = await socketPair();
  const sender = sealedOver(dialed, keys);
  const pieces: Buffer[] = [];
  accepted.on('data', (piece: Buffer) => pieces.push(piece));
  const sizes: number[] = [];
  for (const frame of frames) {
    await sender.write(frame);
    sizes.push(sealedHeadBytes + frame.reduce((sum, part) => sum + part.byteLength, 0));
  }
  const total = sizes.reduce((sum, size) => sum + size, 0);
  while (pieces.reduce((sum, piece) => sum + piece.byteLength, 0) < total) await once(accepted, 'data');
  dialed.destroy();
  accepted.destroy();
  const all = Buffer.concat(pieces);
  let at = 0;
  return sizes.map((size) => {
    at += size;
    return all.subarray(at - size, at);
  });
}

/** What an acceptor makes of these bytes: the frames it takes, then how it ended. */
async function received(bytes: readonly Uint8Array[]): Promise<{ frames: Uint8Array[]; end: string }> {
  const [dialed, accepted] = await socketPair();
  const receiver = sealedOver(accepted, acceptorKeys);
  const frames: Uint8Array[] = [];
  dialed.on('error', () => undefined);
  dialed.write(Buffer.concat(bytes));
  dialed.end();
  try {
    for (;;) {
      const frame = await receiver.read();
      if (frame === undefined) return { frames, end: 'END' };
      frames.push(frame);
    }
  } catch (error) {
    return { frames, end: isPeerstorError(error) ? error.code : String(error) };
  } finally {
    dialed.destroy();
    accepted.destroy();
  }
}

const put = (number: number, size = 5000) =>
  messageParts('request', number, 'chunk/put', new Uint8Array(size).fill(number));

describe('sealed frames', () => {
  it('frames of any size arrive whole and in order, both ways at once', async () => {
    const [a, b] = await sealedPair();
    const sizes = [1, 40, 1023, 1024, 1025, 70_000, frameBytesMax - 100];
    const send = async (from: SealedSocket) => {
      for (const [index, size] of sizes.entries()) await from.write(put(index, size));
      await from.write(messageParts('ping', 7));
      await from.end();
    };
    const take = async (at: SealedSocket) => {
      const taken: number[] = [];
      for (let frame = await at.read(); frame !== undefined; frame = await at.read()) {
        if (frame.byteLength > 100) assert.ok(frame.subarray(15).every((byte) => byte === taken.length));
        taken.push(frame.byteLength);
      }
      return taken;
    };
    const [, , atB, atA] = await Promise.all([send(a), send(b), take(b), take(a)]);
    assert.deepEqual(atA, atB);
    assert.deepEqual(atA, [...sizes.map((size) => size + 15), 5]);
  });

  it('a frame is refused when any covered byte of it is changed, at every place of its head', async () => {
    const [frame] = await recorded(dialerKeys, [put(1)]);
    assert.ok(frame);
    for (const at of [0, 3, 4, 19, 20, 21, 25, 34, 60, 500, sealedHeadBytes + 1023]) {
      const changed = Buffer.from(frame);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const { frames, end } = await received([changed]);
      assert.deepEqual([frames.length, end === 'END'], [0, false], `byte ${at}: ${end}`);
    }
  });

  it('every byte of a message that carries no chunk is covered', async () => {
    const [frame] = await recorded(dialerKeys, [messageParts('failure', 1, 'busy', new Uint8Array(3000))]);
    assert.ok(frame);
    const changed = Buffer.from(frame);
    changed[frame.byteLength - 1] = 1;
    assert.deepEqual(await received([changed]), { frames: [], end: 'bad-frame' });
  });

  it('a frame that is repeated, left out, swapped or sent back is refused', async () => {
    const [one, two, three] = await recorded(dialerKeys, [put(1), put(2), put(3)]);
    assert.ok(one && two && three);
    assert.equal((await received([one, two, three])).frames.length, 3, 'as they were sent');
    for (const [what, bytes, taken] of [
      ['repeated', [one, one], 1],
      ['left out', [one, three], 1],
      ['swapped', [two, one], 0],
      ['later', [one, two, one], 2],
    ] as const) {
      const { frames, end } = await received(bytes);
      assert.deepEqual([frames.length, end], [taken, 'bad-frame'], what);
    }
    const [own] = await recorded(acceptorKeys, [put(1)]);
    assert.ok(own);
    assert.deepEqual(await received([own]), { frames: [], end: 'bad-frame' }, 'reflected');
  });

  it('a frame of another connection, with other secrets, is refused', async () => {
    const other = sealedKeys({ ...agreement, ticket: new Uint8Array(16) }, 'dialer');
    const [frame] = await recorded(other, [put(1)]);
    assert.ok(frame);
    assert.deepEqual(await received([frame]), { frames: [], end: 'bad-frame' });
  });

  it('a connection that is cut without an END frame fails, in a frame and between frames', async () => {
    const [one] = await recorded(dialerKeys, [put(1)]);
    assert.ok(one);
    assert.equal((await received([one])).end, 'peer-unreachable');
    assert.equal((await received([one.subarray(0, 2000)])).end, 'peer-unreachable');
    assert.equal((await received([Buffer.alloc(sealedHeadBytes)])).end, 'bad-frame', 'a forged END');
  });

  it('a length beyond the limit is refused before its bytes are waited for', async () => {
    const head = Buffer.alloc(sealedHeadBytes + 1);
    head.writeUInt32BE(0xffff_ffff, 0);
    assert.equal((await received([head])).end, 'frame-too-large');
    head.writeUInt32BE(frameBytesMax, 0);
    head[sealedHeadBytes] = 15;
    assert.equal((await received([head])).end, 'bad-frame');
  });

  it('a peer that stops in the middle of a frame is given up after the stall time', async () => {
    const [frame] = await recorded(dialerKeys, [put(1)]);
    const [dialed, accepted] = await socketPair();
    const receiver = new SealedSocket(accepted, { keys: acceptorKeys, clock: systemClock, stallMs: 50 });
    dialed.write(frame?.subarray(0, 1000) ?? '');
    await assert.rejects(receiver.read(), { code: 'peer-timeout' });
    dialed.destroy();
  });
});
