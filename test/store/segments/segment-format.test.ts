/** The bytes of a segment are those that FORMAT section 2.1 says, and damage to them costs what it must. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { chunkId, volumeId } from '../../../src/model/ids.ts';
import { sealedChunkBytesMax } from '../../../src/model/limits.ts';
import type { OpenFile } from '../../../src/store/files/disk-files.ts';
import {
  decodeSegmentHead,
  encodeSegmentHead,
  entriesOf,
  RecordCodec,
  recordBytes,
  recordHeadBytes,
  type SegmentEntry,
  type SegmentRecord,
  segmentHeadBytes,
  trailerBytes,
} from '../../../src/store/segments/segment-format.ts';
import { SegmentRows } from '../../../src/store/segments/segment-rows.ts';
import { scanSegment } from '../../../src/store/segments/segment-scan.ts';

const golden = new URL('../../vectors/segment-1.bin', import.meta.url);
const head = { number: 7, volume: volumeId('ab'.repeat(16)), salt: Buffer.alloc(16, 0xc3) };
const codec = new RecordCodec(head);

const idOf = (bytes: Uint8Array) => chunkId(createHash('sha256').update(bytes).digest('hex'));

interface Written {
  record: SegmentRecord;
  body: Uint8Array;
}

function chunk(bytes: Uint8Array): Written {
  return { record: { kind: 'chunk', id: idOf(bytes), length: bytes.length }, body: bytes };
}

const mark = (record: SegmentRecord): Written => ({ record, body: new Uint8Array(0) });

/** A segment of these records, with its footer. */
function segmentOf(written: readonly Written[]): { bytes: Buffer; entries: SegmentEntry[]; end: number } {
  const parts: Uint8Array[] = [encodeSegmentHead(head)];
  const rows = new SegmentRows();
  const entries: SegmentEntry[] = [];
  let offset = segmentHeadBytes;
  for (const { record, body } of written) {
    const bytes = Buffer.alloc(recordHeadBytes);
    codec.encode(bytes, record, offset);
    rows.add(bytes, offset);
    entries.push({ ...record, offset });
    parts.push(bytes, body);
    offset += recordBytes(record);
  }
  parts.push(codec.encodeFooter(rows.bytes(), offset, true));
  return { bytes: Buffer.concat(parts), entries, end: offset };
}

const inMemory = (bytes: Buffer): Pick<OpenFile, 'read'> => ({
  read: async ([into], at) => (into === undefined ? 0 : bytes.copy(into, 0, at)),
});

async function scan(bytes: Buffer): Promise<{ entries: SegmentEntry[]; end: number }> {
  const entries: SegmentEntry[] = [];
  const file = inMemory(bytes) as OpenFile;
  const { end } = await scanSegment(file, codec, bytes.length, (entry) => entries.push(entry));
  return { entries, end };
}

const first = chunk(Buffer.from('the first sealed bytes'));
const known: Written[] = [
  first,
  chunk(new Uint8Array(0)),
  mark({ kind: 'trashed', id: first.record.id, target: { segment: 7, offset: 64 } }),
  mark({ kind: 'kept', id: first.record.id, target: { segment: 7, offset: 64 } }),
  mark({ kind: 'dead', id: first.record.id, target: { segment: 7, offset: 64 } }),
];

const someRecords = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map(chunk),
    fc
      .record({ segment: fc.nat(9), offset: fc.nat(2 ** 28) })
      .map(({ segment, offset }) => ({ segment, offset }))
      .map((target) => mark({ kind: 'trashed', id: first.record.id, target })),
  ),
  { minLength: 1, maxLength: 20 },
);

describe('the format of a segment', () => {
  it('is that of the known answer, byte for byte', () => {
    const { bytes } = segmentOf(known);
    if (process.env.PEERSTOR_WRITE_VECTORS === '1') writeFileSync(golden, bytes);
    assert.deepEqual(bytes, readFileSync(golden));
    assert.equal(
      createHash('sha256').update(bytes).digest('hex'),
      '45b1512e9990db96fbac83bcfa29933c41aa3d97734a93af0422a43972e0073b',
    );
  });

  it('gives back what was written, from the footer and from a scan', async () => {
    await fc.assert(
      fc.asyncProperty(someRecords, async (written) => {
        const { bytes, entries, end } = segmentOf(written);
        assert.deepEqual({ ...decodeSegmentHead(bytes), salt: head.salt }, head);
        const trailer = codec.decodeTrailer(bytes.subarray(bytes.length - trailerBytes));
        assert.equal(trailer?.offset, end);
        const footer = codec.decodeFooter(bytes.subarray(end, bytes.length - trailerBytes), end);
        assert.deepEqual([...entriesOf(footer?.rows ?? Buffer.alloc(0))], entries);
        assert.deepEqual(await scan(bytes), { entries, end });
      }),
    );
  });

  it('costs a record alone where its head is damaged, and nothing where the file is cut behind it', async () => {
    await fc.assert(
      fc.asyncProperty(someRecords, fc.nat(), fc.nat(recordHeadBytes - 1), async (written, which, at) => {
        const { bytes, entries } = segmentOf(written);
        const hit = entries[which % entries.length];
        assert.ok(hit);
        const damaged = Buffer.from(bytes);
        damaged[hit.offset + at] = (damaged[hit.offset + at] ?? 0) ^ 0xff;
        const left = entries.filter((entry) => entry !== hit);
        assert.deepEqual((await scan(damaged)).entries, left);
        const cut = await scan(bytes.subarray(0, hit.offset + at));
        assert.deepEqual(
          cut.entries,
          entries.filter(({ offset }) => offset < hit.offset),
        );
        assert.equal(cut.end, hit.offset);
      }),
    );
  });

  it('takes no record that was copied from another place, another segment, or out of a chunk', async () => {
    const inside = segmentOf([
      mark({ kind: 'dead', id: first.record.id, target: { segment: 1, offset: 64 } }),
    ]);
    const { bytes, entries } = segmentOf([chunk(inside.bytes), first]);
    bytes.fill(0, segmentHeadBytes, segmentHeadBytes + recordHeadBytes);
    assert.deepEqual((await scan(bytes)).entries, entries.slice(1));
    const elsewhere = new RecordCodec({ ...head, number: 8 });
    assert.equal(elsewhere.decode(bytes.subarray(entries[1]?.offset), entries[1]?.offset ?? 0), undefined);
  });

  it('is not read where a head says that a chunk is larger than any', () => {
    const bytes = Buffer.alloc(recordHeadBytes);
    codec.encode(bytes, { kind: 'chunk', id: first.record.id, length: sealedChunkBytesMax + 1 }, 64);
    assert.equal(codec.decode(bytes, 64), undefined);
  });

  it('is not read from arbitrary bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
        assert.equal(decodeSegmentHead(Buffer.from(bytes)), undefined);
        assert.deepEqual((await scan(Buffer.from(bytes))).entries, []);
        assert.equal(codec.decodeTrailer(Buffer.from(bytes.subarray(0, trailerBytes))), undefined);
      }),
    );
  });
});
