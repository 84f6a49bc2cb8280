/** Runs several test files in this process, one after another: what `test/support/test-groups.ts` starts. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';

/**
 * All files are loaded first; then their tests run in order. After those of each file a test of its own sees that the
 * file could be loaded and left the process as it found it.
 * @param root the checkout, with a slash at its end
 * @param paths the files, from there
 * @param note a file that always says which of them runs, for when this process dies
 */
export function loadTestFiles(root: string, paths: readonly string[], note: string): void {
  let lost = '';
  let current = '';
  let left = sharedState();
  const runs = (path: string) => {
    current = path;
    writeFileSync(note, `${current}${lost}`);
  };
  process.on('unhandledRejection', () => {
    lost ||= `, with a rejection that nobody handled in ${current}`;
    runs(current);
  });
  const load = async () => {
    for (const [index, path] of paths.entries()) {
      runs(path);
      const before = sharedState();
      const error = await import(`${root}${path}`).then(
        () => undefined,
        (reason: unknown) => reason ?? new Error('It threw nothing.'),
      );
      const after = sharedState();
      // Tests at the top run one after another, so this one ends after all of the file.
      void test(`${path} leaves no trace in the process`, () => {
        const [began, ended] = [left, sharedState()];
        left = ended;
        runs(paths[index + 1] ?? path);
        if (error !== undefined) throw error;
        assert.deepEqual([after, ended], [before, began]);
      });
    }
    left = sharedState();
    runs(paths[0] ?? '');
  };
  const loaded = load();
  // The runner ends when no test is left, so the first one lasts until all others are known.
  void test(`${paths.length} files are loaded`, () => loaded);
}

function sharedState() {
  const { fetch, setTimeout, setInterval, Date: date, WebSocket: socket } = globalThis;
  return {
    globals: [fetch, setTimeout, setInterval, date, socket],
    folder: process.cwd(),
    environment: { ...process.env },
    write: process.stdout.write,
  };
}
