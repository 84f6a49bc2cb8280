/** Rules about the styles of the page: they fit languages that are written from right to left, and people who want no motion. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

const root = new URL('../..', import.meta.url).pathname;
const styles = globSync('web/styles/*.css', { cwd: root }).map((path) => ({
  path,
  text: readFileSync(`${root}${path}`, 'utf8').replace(/\/\*[\s\S]*?\*\//g, (comment) =>
    comment.replace(/[^\n]/g, ' '),
  ),
}));

/** Sides by name; `inline-start` and its like turn around with the language. */
const sided =
  /(?:^|[\s;{])(?:(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)[\w-]*|left|right|border-(?:top|bottom)-(?:left|right)-radius)\s*:|(?:text-align|float|clear)\s*:\s*(?:left|right)\b/;

const linesWith = (text: string, shape: RegExp) =>
  text.split('\n').flatMap((line, index) => (shape.test(line) ? [`${index + 1}: ${line.trim()}`] : []));

/** Declarations that move, outside of a block that asks whether somebody wants that. */
function moving(text: string): string[] {
  const outside = text.replace(
    /@media \(prefers-reduced-motion: no-preference\) \{(?:[^{}]|\{[^{}]*\})*\}/g,
    '',
  );
  return linesWith(outside, /(?:^|[\s;{])(?:transition|animation)(?:-[\w-]+)?\s*:\s*(?!none)/);
}

describe('the styles of the page', () => {
  it('name no side that stays where it is when a language is written from right to left', () => {
    assert.ok(styles.length >= 5);
    assert.deepEqual(
      styles.flatMap(({ path, text }) => linesWith(text, sided).map((line) => `${path}:${line}`)),
      [],
    );
    for (const line of [
      'margin-left: 1px;',
      'a { left: 0; }',
      'text-align: right;',
      'border-top-left-radius: 1px;',
    ]) {
      assert.match(line, sided);
    }
    for (const line of ['margin-inline-start: 1px;', 'inset-inline-start: 0;', 'text-align: start;']) {
      assert.doesNotMatch(line, sided);
    }
  });

  it('move nothing for people who want no motion', () => {
    assert.deepEqual(
      styles.flatMap(({ path, text }) => moving(text).map((line) => `${path}:${line}`)),
      [],
    );
    assert.equal(moving('a { transition: scale 1s; }').length, 1);
    assert.equal(
      moving('@media (prefers-reduced-motion: no-preference) { a { transition: scale 1s; } }').length,
      0,
    );
  });
});
