/** Archives as Debian packages need them: tar (POSIX ustar with GNU long names) and ar (deb(5)). Bytes depend on nothing but what goes in. */

export interface TarEntry {
  /** With `/` between names, without one in front. A folder ends in `/`. */
  path: string;
  mode: number;
  content?: Uint8Array;
  /** A symbolic link to this. */
  link?: string;
}

const blockBytes = 512;
const nameBytesMax = 100;

/** @param atMs time of every entry, Unix ms */
export function tar(entries: readonly TarEntry[], atMs: number): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? []);
    if (Buffer.byteLength(entry.path) > nameBytesMax) {
      const name = Buffer.from(`${entry.path}\0`);
      parts.push(header({ path: '././@LongLink', mode: 0 }, name.length, 'L', atMs), padded(name));
    }
    const type = entry.link !== undefined ? '2' : entry.path.endsWith('/') ? '5' : '0';
    parts.push(header(entry, content.length, type, atMs), padded(content));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}

function header({ path, mode, link = '' }: TarEntry, bytes: number, type: string, atMs: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  block.write(path.slice(0, nameBytesMax), 0);
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(bytes, 124, 12);
  octal(Math.floor(atMs / 1000), 136, 12);
  block.write('        ', 148);
  block.write(type, 156);
  block.write(link, 157);
  block.write('ustar\x0000', 257);
  block.write('root', 265);
  block.write('root', 297);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes)]);
}

export function ar(members: readonly { name: string; content: Uint8Array }[], atMs: number): Buffer {
  const parts: Uint8Array[] = [Buffer.from('!<arch>\n')];
  for (const { name, content } of members) {
    const fields = [
      name.padEnd(16),
      String(Math.floor(atMs / 1000)).padEnd(12),
      '0     ',
      '0     ',
      '100644  ',
    ];
    parts.push(Buffer.from(`${fields.join('')}${String(content.length).padEnd(10)}\`\n`), content);
    if (content.length % 2 === 1) parts.push(Buffer.from('\n'));
  }
  return Buffer.concat(parts);
}
