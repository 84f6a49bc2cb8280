/** What is said at the end of an import and of a restore. */
import type { RunOutcome } from '../profiles/run-outcome.ts';
import type { AsideOutcome } from './runner.ts';

export function importedWords({ chunks, missing }: { chunks: number; missing: number }): AsideOutcome {
  const sentence = `Imported: this device has ${chunks} pieces of its own now, and the folder is not needed any more.`;
  if (missing === 0) return { state: 'done', sentence };
  const rest = `${missing} could not be read from it; they come from other devices that have them.`;
  return { state: 'partly', sentence: `${sentence} ${rest}` };
}

export function restoredWords({ counts, failed, failures }: RunOutcome, folder: string): AsideOutcome {
  const { added, changed, unchanged, bytes } = counts;
  const done = { added, changed, unchanged, bytes };
  const sentence = `Restored to ${folder}: ${added} new, ${changed} replaced, ${unchanged} were there already.`;
  if (failures === 0) return { state: 'done', sentence, ...done };
  return { state: 'partly', sentence: `${sentence} ${failures} could not be restored.`, failed, ...done };
}
