import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonLine, readable } from '../../../src/node/process/log.ts';

const line = JSON.stringify({ level: 30, time: 0, msg: 'a \u001b[2J\u202e\n', name: '\u009b1A\u2028' });

test('a name of a stranger forges no line of the log on a terminal', () => {
  const shown = readable(line);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  assert.doesNotMatch(shown.slice(0, -1), /[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
  assert.ok(shown.endsWith('\n'));
});

test('a line of the JSON log has no control character, and reads back as it was', () => {
  const shown = jsonLine(`${line}\n`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  assert.doesNotMatch(shown.slice(0, -1), /[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
  assert.deepEqual(JSON.parse(shown), JSON.parse(line));
});
