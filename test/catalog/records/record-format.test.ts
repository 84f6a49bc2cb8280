import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isBody, isTable } from '../../../src/catalog/records/record-bodies.ts';
import {
  genesisId,
  parseRecord,
  readGenesis,
  signedBytes,
  writeGenesis,
  writeRecord,
} from '../../../src/catalog/records/record-format.ts';
import { encode, sha256, verify } from '../../../src/crypto/index.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { deviceId, fromHex, networkId, revision, toHex } from '../../../src/model/ids.ts';
import { recordBytesMax } from '../../../src/model/limits.ts';
import type { RecordFields } from '../../../src/model/records.ts';
import { entryOf, keyOf, World } from '../world.ts';

const world = new World();
const badRecord = (error: unknown) => isPeerstorError(error, 'bad-record');
const hex64 = (byte: number) => byte.toString(16).padStart(2, '0').repeat(32);

function fields(change: Partial<RecordFields> = {}): RecordFields {
  const { table, id, body } = world.entryDraft(1);
  const [device, principal] = [world.device(0), world.admin.principal];
  return { table, id, device, seq: 3, hlc: 44, base: [], principal, body, ...change };
}

/** A record whose payload is put together by hand. */
function raw(payload: unknown): Uint8Array {
  const bytes = encode(payload);
  return Buffer.concat([Uint8Array.of(1), world.admin.sign(signedBytes(world.networkId, bytes)), bytes]);
}

const device = fromHex(world.device(0));
const principal = fromHex(world.admin.principal);

describe('record format', () => {
  it('reads what it wrote, and its signature covers the network and the payload', () => {
    const base = [revision(hex64(2)), revision(hex64(1)), revision(hex64(2))];
    const record = writeRecord(world.networkId, fields({ base }), world.admin);
    const { record: read, payload, signature } = parseRecord(record.bytes);
    assert.deepEqual(read, record);
    assert.deepEqual(read.base, [revision(hex64(1)), revision(hex64(2))]);
    assert.equal(record.bytes[0], 1);
    assert.equal(record.revision, toHex(sha256(payload)));
    assert.ok(verify(record.principal, signedBytes(world.networkId, payload), signature));
    assert.ok(!verify(record.principal, signedBytes(networkId(hex64(7)), payload), signature));
    assert.deepEqual(
      Buffer.from(signedBytes(world.networkId, payload)),
      Buffer.concat([Buffer.from('peerstor record/1'), Buffer.from(world.networkId, 'hex'), payload]),
    );
  });

  it('keeps tables and fields that it does not know', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ maxLength: 8 }).filter((name) => name !== '__proto__'),
          fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.uint8Array()),
          { noNullPrototype: true },
        ),
        (extra) => {
          const record = writeRecord(
            world.networkId,
            fields({ table: 'later', id: 'any.id', body: extra }),
            world.admin,
          );
          assert.deepEqual(parseRecord(record.bytes).record.body, extra);
        },
      ),
    );
    const newer = { ...world.entryDraft(1).body, later: Uint8Array.of(1) };
    const record = writeRecord(world.networkId, fields({ body: newer }), world.admin);
    assert.deepEqual(parseRecord(record.bytes).record.body, newer);
    assert.ok(isBody('entry', entryOf(1), newer));
  });

  it('takes a tombstone', () => {
    const record = writeRecord(world.networkId, fields({ body: null }), world.admin);
    assert.equal(parseRecord(record.bytes).record.body, null);
  });

  it('refuses everything that is not exactly what it would have written', () => {
    const good = ['entry', entryOf(1), device, 3, 44, [], principal, null];
    parseRecord(raw(good));
    const wrong: unknown[] = [
      good.slice(0, 7),
      [...good, null],
      ['Entry', ...good.slice(1)],
      ['', ...good.slice(1)],
      ['entry', '', ...good.slice(2)],
      ['entry', 'a b', ...good.slice(2)],
      ['entry', 'x'.repeat(129), ...good.slice(2)],
      ['entry', entryOf(1), device.subarray(1), 3, 44, [], principal, null],
      ['entry', entryOf(1), world.device(0), 3, 44, [], principal, null],
      ['entry', entryOf(1), device, 0, 44, [], principal, null],
      ['entry', entryOf(1), device, -1, 44, [], principal, null],
      ['entry', entryOf(1), device, 1.5, 44, [], principal, null],
      ['entry', entryOf(1), device, 2 ** 48, 44, [], principal, null],
      ['entry', entryOf(1), device, 3, -1, [], principal, null],
      ['entry', entryOf(1), device, 3, 44, {}, principal, null],
      ['entry', entryOf(1), device, 3, 44, [fromHex(hex64(2)), fromHex(hex64(1))], principal, null],
      ['entry', entryOf(1), device, 3, 44, [fromHex(hex64(1)), fromHex(hex64(1))], principal, null],
      [
        'entry',
        entryOf(1),
        device,
        3,
        44,
        Array.from({ length: 256 }, (_, n) => fromHex(hex64(n))),
        principal,
        null,
      ],
      ['genesis', genesisId, device, 3, 44, [], principal, null],
      { table: 'entry' },
      7,
    ];
    for (const payload of wrong) assert.throws(() => parseRecord(raw(payload)), badRecord);
    assert.throws(() => parseRecord(new Uint8Array(0)), badRecord);
    assert.throws(() => parseRecord(Buffer.concat([raw(good), Uint8Array.of(0)])), badRecord);
    const other = raw(good);
    other[0] = 2;
    assert.throws(
      () => parseRecord(other),
      (error) => isPeerstorError(error, 'unsupported-format'),
    );
  });

  it('refuses to write or read more than a record may hold', () => {
    const body = { large: new Uint8Array(recordBytesMax) };
    assert.throws(
      () => writeRecord(world.networkId, fields({ table: 'later', body }), world.admin),
      badRecord,
    );
    const large = raw(['later', 'x', device, 3, 44, [], principal, body]);
    assert.throws(() => parseRecord(large), badRecord);
  });

  it('never throws anything else, whatever bytes come', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        (bytes, at, byte) => {
          const known = (error: unknown) => badRecord(error) || isPeerstorError(error, 'unsupported-format');
          const damaged = raw(['entry', entryOf(1), device, 3, 44, [], principal, null]);
          damaged[at % damaged.length] = byte;
          for (const candidate of [bytes, Buffer.concat([Uint8Array.of(1), bytes]), damaged]) {
            try {
              parseRecord(candidate);
            } catch (error) {
              assert.ok(known(error));
            }
          }
        },
      ),
    );
  });

  it('names the network by the genesis, which its root key signs', () => {
    const { genesis, networkId: network } = readGenesis(world.genesis);
    assert.equal(network, genesis.revision);
    assert.equal(genesis.body.admin, world.adminId);
    assert.throws(() => parseRecord(world.genesis), badRecord);
    const forged = new Uint8Array(world.genesis);
    forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1;
    assert.throws(() => readGenesis(forged), badRecord);
    const body = { ...genesis.body, root: keyOf('other').principal };
    assert.throws(() => writeGenesis(body, world.root), badRecord);
    assert.throws(
      () => writeGenesis({ ...genesis.body, device: deviceId(hex64(1)) }, keyOf('other')),
      badRecord,
    );
    const { bytes } = writeRecord(world.networkId, fields(), world.admin);
    assert.throws(() => readGenesis(bytes), badRecord);
  });

  it('knows the bodies of its tables and no others', () => {
    assert.ok(isTable('entry') && !isTable('later') && !isTable('toString'));
    assert.ok(isBody('version', world.versionDraft(1, 1).id, world.versionDraft(1, 1).body));
    assert.ok(!isBody('version', 'x', world.versionDraft(1, 1).body));
    assert.ok(!isBody('user', world.adminId, { username: 'x' }));
    assert.ok(isBody('device', world.device(1), world.deviceBody(1, { lastSeq: 3 })));
    assert.ok(!isBody('device', world.device(1), world.deviceBody(1, { lastSeq: -3 })));
  });
});
