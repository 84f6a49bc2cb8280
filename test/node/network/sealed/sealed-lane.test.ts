import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { networkInterfaces } from 'node:os';
import { describe, it } from 'node:test';
import { chunkIdOf } from '../../../../src/crypto/index.ts';
import { PeerstorError } from '../../../../src/model/errors.ts';
import { fromHex } from '../../../../src/model/ids.ts';
import { sealedChunkBytesMax } from '../../../../src/model/limits.ts';
import { isOnLan } from '../../../../src/node/network/sealed/lan.ts';
import { sealedKeys } from '../../../../src/node/network/sealed/sealed-frames.ts';
import { until } from '../../../support/until.ts';
import {
  connect as connectAll,
  patient,
  stopAll,
  strangers,
  type TestDevice,
} from '../libp2p/libp2p-world.ts';

const chunk = new Uint8Array(300_000).fill(5);
const id = fromHex(await chunkIdOf(chunk));
const bulk = { lane: 'bulk' } as const;

function answerChunks({ transport }: TestDevice): void {
  transport.handle('chunk/put', async (_from, body) => new Uint8Array([body.byteLength > 32 ? 1 : 0]));
  transport.handle('chunk/get', async () => chunk);
  transport.handle('other', async () => new Uint8Array([9]));
}

async function connected(wires: { a: 'sealed' | 'noise'; b: 'sealed' | 'noise' }, prepare = answerChunks) {
  const now = { ...wires };
  const devices = await strangers(2, { tunables: patient }, (number) => ({
    wire: () => (number === 1 ? now.a : now.b),
  }));
  for (const device of devices) prepare(device);
  await connectAll(devices);
  const [a, b] = devices;
  assert.ok(a && b);
  const isSealed = () =>
    a.transport.facts(b.transport.self)?.sealed === true &&
    b.transport.facts(a.transport.self)?.sealed === true;
  return { a: a.transport, b: b.transport, devices, now, isSealed };
}

describe('sealed lanes', () => {
  it('two devices of one LAN get a sealed lane, which carries chunks both ways', async () => {
    const { a, b, devices, isSealed } = await connected({ a: 'sealed', b: 'sealed' });
    try {
      await until('the sealed lane is up', isSealed);
      assert.deepEqual(
        await a.call(b.self, 'chunk/put', Buffer.concat([id, chunk]), bulk),
        new Uint8Array([1]),
      );
      assert.deepEqual(
        await b.call(a.self, 'chunk/put', Buffer.concat([id, chunk]), bulk),
        new Uint8Array([1]),
      );
      assert.ok(Buffer.from(await b.call(a.self, 'chunk/get', id, bulk)).equals(chunk));
      const many = Array.from({ length: 40 }, () =>
        a.call(b.self, 'chunk/put', Buffer.concat([id, chunk]), bulk),
      );
      assert.equal((await Promise.all(many)).length, 40);
      assert.deepEqual(await a.call(b.self, 'other', id, bulk), new Uint8Array([9]));
    } finally {
      await stopAll(devices);
    }
  });

  it('a put lies in memory that the next one uses too, unless it failed', async () => {
    const memories: ArrayBufferLike[] = [];
    const seen: Buffer[] = [];
    const { a, b, devices, isSealed } = await connected({ a: 'sealed', b: 'sealed' }, ({ transport }) => {
      transport.handle('chunk/put', async (_from, body) => {
        memories.push(body.buffer);
        seen.push(Buffer.from(body));
        if (body[0] === 3) throw new PeerstorError('conflict', 'Not this one.');
        return new Uint8Array(1);
      });
    });
    try {
      await until('the sealed lane is up', isSealed);
      const bodies = [1, 2, 3, 4, 5].map((byte) => Buffer.alloc(32 + sealedChunkBytesMax - byte, byte));
      for (const body of bodies) await a.call(b.self, 'chunk/put', body, bulk).catch(() => undefined);
      assert.ok(seen.every((body, at) => bodies[at]?.equals(body)));
      const [first, second, third, fourth, fifth] = memories;
      assert.ok(first instanceof SharedArrayBuffer);
      assert.ok(first === second && second === third, 'memory is used again');
      assert.ok(fourth !== third && fifth === fourth, 'memory that somebody may still read is not');
    } finally {
      await stopAll(devices);
    }
  });

  it('chunks go over noise when one of the two devices wants noise, and after it changed its mind', async () => {
    const { a, b, devices, now, isSealed } = await connected({ a: 'sealed', b: 'sealed' });
    try {
      await until('the sealed lane is up', isSealed);
      now.b = 'noise';
      b.wireChanged();
      await until('the sealed lane is gone', () => a.facts(b.self)?.sealed === false);
      assert.ok(Buffer.from(await a.call(b.self, 'chunk/get', id, bulk)).equals(chunk));
      await assert.rejects(a.call(b.self, 'transport/sealed', new Uint8Array(32)), { code: 'conflict' });
    } finally {
      await stopAll(devices);
    }
  });

  it('a chunk that arrives changed is nobody’s word: the lane closes, and noise tells who is to blame', async () => {
    const { a, b, devices, isSealed } = await connected({ a: 'sealed', b: 'sealed' }, ({ transport }) => {
      transport.handle('chunk/get', async () => new Uint8Array(300_000));
      transport.handle('chunk/put', async () => {
        throw new PeerstorError('chunk-corrupt', 'These bytes are not the chunk.');
      });
    });
    try {
      await until('the sealed lane is up', isSealed);
      await assert.rejects(a.call(b.self, 'chunk/get', id, bulk), { code: 'peer-unreachable' });
      await until('the sealed lane is gone', () => a.facts(b.self)?.sealed === false);
      assert.equal((await a.call(b.self, 'chunk/get', id, bulk)).byteLength, 300_000);
    } finally {
      await stopAll(devices);
    }
  });

  it('a put whose bytes arrive changed fails without an answer, and over noise with one', async () => {
    const { a, b, devices, isSealed } = await connected({ a: 'sealed', b: 'sealed' }, ({ transport }) => {
      transport.handle('chunk/put', async () => {
        throw new PeerstorError('chunk-corrupt', 'These bytes are not the chunk.');
      });
    });
    try {
      await until('the sealed lane is up', isSealed);
      const put = () => a.call(b.self, 'chunk/put', Buffer.concat([id, chunk]), bulk);
      await assert.rejects(put(), { code: 'peer-unreachable' });
      await until('the sealed lane is gone', () => a.facts(b.self)?.sealed === false);
      await assert.rejects(put(), { code: 'chunk-corrupt' });
    } finally {
      await stopAll(devices);
    }
  });

  it('a stranger gets nothing of the port: not with junk, a wrong proof, or a ticket that was used', async () => {
    const { a, b, devices, isSealed } = await connected({ a: 'sealed', b: 'sealed' });
    try {
      await until('the sealed lane is up', isSealed);
      const dialerSecret = new Uint8Array(32).fill(1);
      const offer = Buffer.from(await a.call(b.self, 'transport/sealed', dialerSecret));
      const [port, ticket, acceptorSecret] = [
        offer.readUInt16BE(0),
        offer.subarray(2, 18),
        offer.subarray(18),
      ];
      const agreement = { dialer: a.self, acceptor: b.self, dialerSecret, acceptorSecret, ticket };
      const keys = sealedKeys(agreement, 'dialer');
      const answered = async (greeting: Uint8Array) => {
        const socket = connect({ host: '127.0.0.1', port });
        const got: Buffer[] = [];
        socket.on('data', (piece: Buffer) => got.push(piece));
        socket.on('error', () => undefined);
        socket.write(greeting);
        await once(socket, 'close');
        return Buffer.concat(got).byteLength;
      };
      assert.equal(await answered(new Uint8Array(32).fill(7)), 0, 'junk');
      assert.equal(await answered(Buffer.concat([ticket, new Uint8Array(16)])), 0, 'a wrong proof');
      assert.equal(await answered(Buffer.concat([ticket, keys.proof])), 0, 'a ticket that was used');
      assert.ok(isSealed(), 'the lane of the two devices goes on');
    } finally {
      await stopAll(devices);
    }
  });

  it('a device that is no member any more loses its sealed lane with its control lane', async () => {
    const { a, b, devices, isSealed } = await connected({ a: 'sealed', b: 'sealed' });
    try {
      await until('the sealed lane is up', isSealed);
      devices[0]?.setMembers([a.self]);
      await until('b is disconnected', () => !a.isConnected(b.self));
      await assert.rejects(b.call(a.self, 'chunk/put', Buffer.concat([id, chunk]), bulk));
    } finally {
      await stopAll(devices);
    }
  });

  it('only private addresses in a subnet of this machine count as its LAN', () => {
    const interfaces: ReturnType<typeof networkInterfaces> = {
      eth0: [
        {
          address: '192.168.1.5',
          netmask: '',
          family: 'IPv4',
          mac: '',
          internal: false,
          cidr: '192.168.1.5/24',
        },
        {
          address: '203.0.113.5',
          netmask: '',
          family: 'IPv4',
          mac: '',
          internal: false,
          cidr: '203.0.113.5/24',
        },
      ],
    };
    const on = (address: string) => isOnLan(address, interfaces);
    assert.equal(on('/ip4/192.168.1.77/tcp/4001'), true);
    assert.equal(on('/ip6/::ffff:192.168.1.77/tcp/4001'), true);
    assert.equal(on('/ip4/192.168.2.77/tcp/4001'), false, 'another private network, such as behind a tunnel');
    assert.equal(on('/ip4/203.0.113.77/tcp/4001'), false, 'a public address');
    assert.equal(on('/ip4/203.0.113.5/tcp/4001'), true, 'this machine itself');
    assert.equal(on('/dns4/nas/tcp/4001'), false);
  });
});
