/** What people see: tables, sizes, progress. Colour only on a terminal that wants it. */
import { styleText } from 'node:util';
import { PeerstorError } from '../model/errors.ts';

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function printLine(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/** Rows under a header, columns as wide as their widest cell. */
export function printTable(header: string[], rows: string[][]): void {
  const widths = header.map((title, column) =>
    Math.max(displayWidth(title), ...rows.map((row) => displayWidth(row[column] ?? ''))),
  );
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - displayWidth(cell)))
      .join('  ')
      .trimEnd();
  printLine(styleText('bold', line(header)));
  for (const row of rows) printLine(line(row));
}

/** Columns a text takes on a terminal: wide characters take two. */
function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    width +=
      /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/u.test(
        segment,
      )
        ? 2
        : 1;
  }
  return width;
}

/** Those with this name or id; else those whose id begins so. */
export function called<Item extends { id: string; name?: string }>(items: Item[], which: string): Item[] {
  const exact = items.filter(({ id, name }) => id === which || name === which);
  return exact.length > 0 || which === '' ? exact : items.filter(({ id }) => id.startsWith(which));
}

/**
 * What a name or the beginning of an id stands for.
 * @throws `not-found` for nothing, `conflict` for several
 */
export function onlyOne<Item extends { id: string }>(found: Item[], noun: string, which: string): Item {
  const [only, ...more] = found;
  if (only === undefined) throw new PeerstorError('not-found', `There is no ${noun} "${which}".`);
  if (more.length === 0) return only;
  const ids = found.map(({ id }) => id).join(', ');
  throw new PeerstorError('conflict', `"${which}" is ${found.length} ${noun}s: use an id, one of ${ids}.`);
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

export function formatTime(iso: string | null): string {
  if (!iso) return '';
  const date = new Date(iso);
  const pad = (part: number) => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

/** A bar on stderr that is redrawn at most ten times a second; silent where stderr is no terminal. */
export class Progress {
  readonly #label: string;
  readonly #total: number | undefined;
  readonly #startedMs = performance.now();
  #done = 0;
  #drawnMs = 0;

  constructor(label: string, total: number | undefined) {
    this.#label = label;
    this.#total = total;
  }

  add(bytes: number): void {
    this.#done += bytes;
    if (!process.stderr.isTTY || performance.now() - this.#drawnMs < 100) return;
    this.#drawnMs = performance.now();
    const seconds = Math.max((this.#drawnMs - this.#startedMs) / 1000, 0.001);
    const share = this.#total ? `${Math.floor((100 * this.#done) / this.#total)} %` : formatSize(this.#done);
    process.stderr.write(`\r\x1b[K${this.#label}  ${share}  ${formatSize(this.#done / seconds)}/s`);
  }

  end(): void {
    if (process.stderr.isTTY && this.#drawnMs > 0) process.stderr.write('\r\x1b[K');
  }
}
