/** Files for programs to copy, and what came back of them. */
import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export const oddNames = [
  'with space.txt',
  'percent %41 100%.txt',
  'hash#mark?.txt',
  'plus+and&amp.txt',
  'quote\'and"double.txt',
  'ünïcödé ẞ.txt',
  'sémi;colon,comma.txt',
  'deep/er/and [brackets] {curly}.txt',
  '日本語/ファイル 🐢.txt',
  'semicolon;x=1.txt',
  'tilde~.txt',
  'back\\slash.txt',
  'colon:name.txt',
  'empty.txt',
];

/** Puts many small files, one of several chunks, and files with odd names into a folder. */
export async function writeTree(folder: string, small: number): Promise<void> {
  const put = async (path: string, content: string | Uint8Array) => {
    const at = join(folder, path);
    await mkdir(dirname(at), { recursive: true });
    await writeFile(at, content);
  };
  for (let n = 0; n < small; n += 1) await put(`many/${n % 10}/file ${n}.txt`, `the content of ${n}`);
  for (const name of oddNames) await put(`odd/${name}`, name === 'empty.txt' ? '' : name);
  const large = Buffer.alloc(7_000_003);
  for (let at = 0; at < large.length; at += 4)
    large.writeUInt32LE((at * 2_654_435_761) % 2 ** 32, Math.min(at, large.length - 4));
  await put('large.bin', large);
  const old = new Date('2015-06-07T08:09:10.123Z');
  await utimes(join(folder, 'large.bin'), old, old);
}

/** Path → SHA-256 of each file below a folder. */
export async function digestsOf(folder: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const path of globSync('**/*', { cwd: folder, dot: true } as object).sort()) {
    const at = join(folder, path);
    if (!(await stat(at)).isFile()) continue;
    digests[path] = createHash('sha256')
      .update(await readFile(at))
      .digest('hex');
  }
  return digests;
}
