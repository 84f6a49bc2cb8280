/** Two texts side by side, line by line. */
import { diffLines } from 'diff';

export interface DiffRow {
  /** What was there before and is not now, or was at this place; null where a line is new. */
  before: string | null;
  after: string | null;
}

export interface LineDiff {
  rows: DiffRow[];
  added: number;
  removed: number;
}

/** Comparing texts that have nothing in common takes long: then it ends. */
const timeoutMs = 3000;

/** @returns undefined where the texts are too different to be compared in time */
export function diffOf(before: string, after: string): LineDiff | undefined {
  const changes = diffLines(before, after, { timeout: timeoutMs, stripTrailingCr: true });
  if (changes === undefined) return undefined;
  const diff: LineDiff = { rows: [], added: 0, removed: 0 };
  let gone: string[] = [];
  for (const { value, added, removed } of changes) {
    const lines = linesOf(value);
    if (removed) {
      gone = lines;
      diff.removed += lines.length;
      continue;
    }
    if (added) {
      diff.added += lines.length;
      const count = Math.max(gone.length, lines.length);
      for (let at = 0; at < count; at++) {
        diff.rows.push({ before: gone[at] ?? null, after: lines[at] ?? null });
      }
      gone = [];
      continue;
    }
    for (const line of gone) diff.rows.push({ before: line, after: null });
    gone = [];
    for (const line of lines) diff.rows.push({ before: line, after: line });
  }
  for (const line of gone) diff.rows.push({ before: line, after: null });
  return diff;
}

/** Lines without their ends; a last one that has an end is not followed by an empty one. */
function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
