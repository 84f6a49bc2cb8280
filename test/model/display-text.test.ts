import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { displayJson, displayText } from '../../src/model/display-text.ts';

describe('text from outside on a terminal', () => {
  it('control characters are written out, so no name moves the cursor or forges a line', () => {
    assert.equal(displayText('a\nb\tc\r\u001b[2Jd\u009b'), 'a\\nb\\tc\\r\\u{1b}[2Jd\\u{9b}');
  });

  it('direction marks are written out, so no name shows its letters in another order', () => {
    assert.equal(displayText('photo\u202egpj.exe\u2066\u200f'), 'photo\\u{202e}gpj.exe\\u{2066}\\u{200f}');
  });

  it('characters of no width are written out, so no two names look equal', () => {
    assert.equal(displayText('an\u200bna\u2060\ufeff'), 'an\\u{200b}na\\u{2060}\\u{feff}');
  });

  it('letters of every script, emoji and the joiners that they need stay as they are', () => {
    const names = [
      'Übung ß',
      '日本語',
      'می\u200cخواهم',
      '👩\u200d🚀',
      '🏴\u{e0067}\u{e0062}',
      'עברית',
      'a\\n b',
    ];
    for (const name of names) assert.equal(displayText(name), name);
  });

  it('what is shown has no character that a terminal obeys, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.doesNotMatch(displayText(text), /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  it('JSON that is shown has the same value and no such character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = displayJson(JSON.stringify({ text }));
        assert.deepEqual(JSON.parse(shown), { text });
        assert.doesNotMatch(shown, /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });
});
