/**
 * All that people see on standard output and standard error. Every line passes `displayText` here, so no
 * name from outside can move the cursor, forge a line or turn the reading direction.
 */
import { styleText } from 'node:util';
import type { SafetyView } from '../../model/api.ts';
import { displayJson, displayText } from '../../model/display-text.ts';
import { terminal } from './terminal.ts';

/** Prints one JSON value on a line of standard output. */
export function printJson(value: unknown): void {
  terminal().stdout.write(`${displayJson(JSON.stringify(value))}\n`);
}

/** Prints one line on standard output. */
export function printLine(text = ''): void {
  terminal().stdout.write(`${displayText(text)}\n`);
}

/** Prints one line on standard error. */
export function printNotice(text: string): void {
  terminal().stderr.write(`${displayText(text)}\n`);
}

/** Prints one JSON value on a line of standard error. */
export function printJsonNotice(value: unknown): void {
  terminal().stderr.write(`${displayJson(JSON.stringify(value))}\n`);
}

/** Prints what peerstor made itself and that has lines of its own, such as a QR code. */
export function printDrawing(text: string): void {
  terminal().stdout.write(`${text}\n`);
}

/** Prints rows under a header, with columns as wide as their widest cell. */
export function printTable(header: string[], rows: string[][]): void {
  const shown = rows.map((row) => row.map(displayText));
  const widths = header.map((title, column) =>
    shown.reduce((widest, row) => Math.max(widest, displayWidth(row[column] ?? '')), displayWidth(title)),
  );
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - displayWidth(cell)))
      .join('  ')
      .trimEnd();
  const { stdout } = terminal();
  stdout.write(`${stdout.isTTY ? styleText('bold', line(header)) : line(header)}\n`);
  for (const row of shown) stdout.write(`${line(row)}\n`);
}

const segmenter = new Intl.Segmenter();
const asciiOnly = /^[\x20-\x7e]*$/;

/** Columns that a text takes on a terminal: wide characters take two. */
function displayWidth(text: string): number {
  if (asciiOnly.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) {
    width +=
      /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/u.test(
        segment,
      )
        ? 2
        : 1;
  }
  return width;
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

/** How safe a file is: its level, and its copies of those that are wanted; '' for a folder. */
export function safetyWords(safety: SafetyView | null): string {
  return safety === null ? '' : `${safety.level} ${safety.copies}/${safety.wanted}`;
}

/** `1 file`, `2 files`. */
export function countOf(count: number): string {
  return count === 1 ? '1 file' : `${count} files`;
}
