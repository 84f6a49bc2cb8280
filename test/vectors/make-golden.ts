/**
 * Writes `golden/`: what this version of peerstor leaves on a disk. Later versions must read it. Not to be run again
 * over files that a release has written: a new format gets a folder of its own.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createOutbox } from '../../src/catalog/index.ts';
import { signHead } from '../../src/catalog/records/log-head.ts';
import { writeRecord } from '../../src/catalog/records/record-format.ts';
import { chunkIdOf, sealChunk, sealManifest } from '../../src/crypto/index.ts';
import { networkId, toHex } from '../../src/model/ids.ts';
import type { RecordFields } from '../../src/model/records.ts';
import { Home } from '../../src/node/home/home.ts';
import { entryOf, keyOf, versionOf, World } from '../catalog/world.ts';

const folder = new URL('golden/', import.meta.url).pathname;
const world = new World();
const ramp = (length: number, start: number) => Uint8Array.from({ length }, (_, i) => (start + 7 * i) & 0xff);
const hex = (byte: number, length: number) => toHex(new Uint8Array(length).fill(byte));

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });

// --- a chunk and the three kinds of manifest ---
const [dedupeSecret, entryKey] = [ramp(32, 1), ramp(32, 2)];
const payload = Buffer.concat([Uint8Array.of(0), Buffer.from('What a file has in it.')]);
const chunk = await sealChunk(dedupeSecret, payload);
const leaf = sealManifest(entryKey, {
  kind: 'leaf',
  references: [{ id: chunk.id, size: chunk.bytes.length }],
  slots: [{ key: chunk.key, size: payload.length - 1 }],
  cutter: 'fastcdc/1',
});
const index = sealManifest(entryKey, {
  kind: 'index',
  references: [{ id: leaf.id, size: leaf.bytes.length }],
  sizes: [payload.length - 1],
  cutter: 'fastcdc/1',
});
const inline = sealManifest(entryKey, { kind: 'inline', content: Buffer.from('Small.') });
for (const { id, bytes } of [chunk, leaf, index, inline]) await writeFile(`${folder}${id}`, bytes);

// --- a log with a record of each table, of one that nobody knows, and with a field that nobody knows ---
const { admin, adminId } = world;
const member = keyOf('member');
const kdf = { name: 'argon2id', memoryKiB: 65_536, passes: 3, parallelism: 1, salt: ramp(16, 3) };
const [grant, epoch] = [hex(0x77, 16), 'epoch-1'];
const drafts: [table: string, id: string, body: unknown, signer?: typeof admin][] = [
  ['user', adminId, { ...world.userDraft(admin, { role: 'admin' }).body }],
  ['device', world.device(0), { ...world.deviceBody(0), sealingKey: ramp(32, 4) }],
  ['bundle', adminId, { kdf, byPassword: ramp(60, 5), byRecovery: ramp(60, 6), generation: 1 }],
  ['entry', entryOf(0), world.rootDraft().body],
  ['entry', entryOf(1), { ...world.entryDraft(1, { kind: 'file' }).body, colour: 'red' }],
  ['version', versionOf(1), { ...world.versionDraft(1, 1).body, manifest: index.id, plainBytes: 22 }],
  ['facts', entryOf(1), { owner: adminId, sealed: ramp(40, 7) }],
  [
    'invite',
    keyOf('invite').principal,
    { role: 'member', quotaBytes: null, createdAt: 1, expiresAt: 9e12, withdrawn: false },
  ],
  ['user', member.principal, world.userDraft(member).body],
  [
    'grant',
    grant,
    {
      kind: 'user',
      owner: adminId,
      entry: entryOf(1),
      rights: 'view',
      grantee: member.principal,
      sealedKey: ramp(80, 8),
      keyVersion: 1,
      kdf: null,
      createdAt: 1,
      expiresAt: null,
      maxUses: null,
      revoked: false,
      notes: ramp(40, 9),
    },
  ],
  ['use', `${grant}.${world.device(0)}`, { count: 3, lastAt: 5 }, member],
  [
    'secret',
    epoch,
    { epoch: 1, createdAt: 1, sealed: { [world.device(0)]: ramp(80, 10) }, check: ramp(32, 11) },
  ],
  ['later', 'x', { new: true }],
  ['entry', entryOf(2), null],
];
let seq = 0;
const records = drafts.map(([table, id, body, signer = admin]) => {
  const fields: RecordFields = {
    table,
    id,
    device: world.device(0),
    seq: ++seq,
    hlc: world.clock.wallMs() * 256 + seq,
    base: [],
    principal: signer.principal,
    body,
  };
  return writeRecord(world.networkId, fields, signer);
});
const last = records.at(-1);
if (!last) throw new Error('there are records');
const head = signHead(networkId(world.networkId), world.first, last);
const log = {
  genesis: toHex(world.genesis),
  head: toHex(head.bytes),
  records: records.map(({ bytes }) => toHex(bytes)),
};
await writeFile(`${folder}log.json`, `${JSON.stringify(log, null, 2)}\n`);
const outbox = createOutbox(`${folder}outbox.log`);
await outbox.open();
await outbox.append(records.map(({ bytes }) => bytes));
await outbox.close();

// --- a home ---
const home = await Home.open(folder);
await writeFile(`${folder}identity.key`, `${toHex(world.first.seed)}\n`);
await home.saveMembership({
  networkId: networkId(world.networkId),
  networkSecret: ramp(32, 12),
  epoch: 2,
  replaced: [{ epoch: 1, secret: ramp(32, 13), untilMs: 1_900_000_000_000 }],
  genesis: world.genesis,
  certificates: [records[1]?.bytes ?? new Uint8Array(0)],
  introductions: { [world.device(1)]: ['/ip4/192.0.2.1/tcp/4001'] },
});
await home.saveSettings({
  format: 1,
  name: 'box',
  class: 'sleeper',
  place: 'home',
  p2pPort: 4001,
  volumes: [{ path: '/srv/peerstor', limitBytes: 1_000_000_000 }],
});
const names = { chunk: await chunkIdOf(chunk.bytes), leaf: leaf.id, index: index.id, inline: inline.id };
const secrets = { dedupeSecret: toHex(dedupeSecret), entryKey: toHex(entryKey), payload: toHex(payload) };
await writeFile(`${folder}content.json`, `${JSON.stringify({ ...names, ...secrets }, null, 2)}\n`);
