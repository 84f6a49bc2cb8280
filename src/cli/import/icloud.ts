/**
 * iCloud (privacy.apple.com): tables `Photo Details*.csv` with dates, favorites and what is hidden, and a table for each album in `Albums`, whose
 * rows are names of files.
 */
import { readFile } from 'node:fs/promises';
import { type ImportFolder, type ImportItem, type ImportKind, isMediaName, type Said } from './item.ts';

const tableBytesMax = 64 * 1024 * 1024;

export function icloud(): ImportKind {
  const said = new Map<string, Said & { isDeleted: boolean }>();
  const albums = new Map<string, string[]>();
  return {
    async prepare(folders) {
      for (const { files, names } of folders) {
        for (const [name, path] of files) {
          if (/^photo details.*\.csv$/i.test(name)) await readDetails(path, said);
          else if (/^albums$/i.test(names.at(-1) ?? '') && /\.csv$/i.test(name)) {
            await readAlbum(path, name.replace(/\.csv$/i, ''), albums);
          }
        }
      }
    },
    async itemsIn({ files }: ImportFolder) {
      const items: ImportItem[] = [];
      for (const [name, path] of files) {
        if (!isMediaName(name)) continue;
        const { isDeleted = false, ...facts } = said.get(name.toLowerCase()) ?? {};
        if (!isDeleted) items.push({ path, name, albums: albums.get(name.toLowerCase()) ?? [], ...facts });
      }
      return items;
    },
  };
}

async function readDetails(path: string, said: Map<string, Said & { isDeleted: boolean }>): Promise<void> {
  const [heads = [], ...rows] = await readTable(path);
  const at = (wanted: string) => heads.findIndex((head) => head.trim().toLowerCase() === wanted);
  const [name, favorite, hidden, deleted, created] = [
    'imgname',
    'favorite',
    'hidden',
    'deleted',
    'originalcreationdate',
  ].map(at);
  const isYes = (row: readonly string[], column = -1) => /^(yes|true|1)$/i.test(row[column]?.trim() ?? '');
  for (const row of rows) {
    const takenAtMs = dateIn(row[created ?? -1]);
    said.set((row[name ?? -1] ?? '').toLowerCase(), {
      ...(takenAtMs !== undefined && { takenAtMs }),
      ...(isYes(row, favorite) && { favorite: true }),
      ...(isYes(row, hidden) && { hidden: true }),
      isDeleted: isYes(row, deleted),
    });
  }
}

/** `Friday January 11,2019 11:00 AM GMT`; ISO dates too. */
function dateIn(text = ''): number | undefined {
  const parts = /(\w+) (\d{1,2}), ?(\d{4}) (\d{1,2}):(\d{2}) (AM|PM) GMT/i.exec(text);
  const [, month, day, year, hour, minute, half] = parts ?? [];
  const plain = parts
    ? `${day} ${month} ${year} ${(Number(hour) % 12) + (/pm/i.test(half ?? '') ? 12 : 0)}:${minute} GMT`
    : text;
  const ms = Date.parse(plain);
  return Number.isNaN(ms) ? undefined : ms;
}

async function readAlbum(path: string, album: string, albums: Map<string, string[]>): Promise<void> {
  const [heads = [], ...rows] = await readTable(path);
  const isHead = /^(images|photos|imgname)$/i.test(heads[0]?.trim() ?? '');
  for (const [name = ''] of isHead ? rows : [heads, ...rows]) {
    const key = name.trim().toLowerCase();
    albums.set(key, [...new Set([...(albums.get(key) ?? []), album])]);
  }
}

/** Rows of a table (RFC 4180). */
async function readTable(path: string): Promise<string[][]> {
  const bytes = await readFile(path);
  if (bytes.length > tableBytesMax) return [];
  const rows: string[][] = [];
  let row: string[] = [];
  // A field in quotation marks, with two for one, or plain; then a comma or the end of the line.
  const fields = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  for (let match = fields.exec(text); match && fields.lastIndex <= text.length; match = fields.exec(text)) {
    const [all, quoted, plain = '', end] = match;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end !== ',') {
      if (row.length > 1 || row[0] !== '') rows.push(row);
      row = [];
    }
    if (all === '') break;
  }
  return rows;
}
