/** Makes golden volumes, once for each format: `node test/golden/make-volumes.ts FOLDER`. */
import { createHash } from 'node:crypto';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createRescueWorld } from '../rescue/world.ts';

const [target] = process.argv.slice(2);
if (target === undefined) throw new Error('Name the folder that is made.');

const text = Array.from({ length: 3000 }, (_, n) =>
  createHash('sha256').update(String(n)).digest('hex'),
).join('\n');
const contents: Record<string, Buffer> = {
  '/inline größe.txt': Buffer.from('at most 4096 bytes live in the manifest'),
  '/folder/one chunk.txt': Buffer.from(text.slice(0, 20_000)),
  '/folder/deeper/empty': Buffer.alloc(0),
  '/folder/deeper/several chunks.txt': Buffer.from(text),
};

const world = await createRescueWorld();
await world.put('/folder/one chunk.txt', Buffer.from('a first version'));
for (const [path, content] of Object.entries(contents)) await world.put(path, content);
await world.save();
await mkdir(target, { recursive: true });
for (const volume of world.volumes) await cp(volume, join(target, basename(volume)), { recursive: true });
const files = Object.entries(contents).map(([path, content]) => ({
  path,
  sha256: createHash('sha256').update(content).digest('hex'),
}));
await writeFile(join(target, 'files.json'), `${JSON.stringify(files, null, 2)}\n`);
await writeFile(join(target, 'words.txt'), `${world.words}\n`);
await world.close();
