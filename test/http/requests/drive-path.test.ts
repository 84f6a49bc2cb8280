import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { drivePathOf } from '../../../src/http/requests/drive-path.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';

const names = (url: string) => drivePathOf(url).names;
const isBadName = (error: unknown) => isPeerstorError(error, 'bad-name');

describe('a drive path in a URL', () => {
  it('is the root when nothing follows', () => {
    assert.deepEqual(names(''), []);
    assert.deepEqual(names('/'), []);
  });

  it('is decoded name by name', () => {
    assert.deepEqual(names('/a/b%20c/%F0%9F%98%80.txt'), ['a', 'b c', '😀.txt']);
    assert.deepEqual(names('/50%25/%3F%23'), ['50%', '?#']);
  });

  it('keeps an encoded percent sign a percent sign', () => {
    assert.deepEqual(names('/a%252Fb'), ['a%2Fb']);
  });

  it('says that a folder is meant when it ends with a slash', () => {
    assert.deepEqual(drivePathOf('/a/'), { names: ['a'], folder: true });
    assert.deepEqual(drivePathOf('/a'), { names: ['a'], folder: false });
  });

  for (const [url, rule] of [
    ['/a%2Fb', /cannot contain "\/"/],
    ['/a%2fb', /cannot contain "\/"/],
    ['/a/../b', /"\.\."/],
    ['/a/%2e%2E/b', /"\.\."/],
    ['/./a', /"\."/],
    ['/a//b', /empty/],
    ['//', /empty/],
    ['/%ff', /UTF-8/],
    ['/%4', /UTF-8/],
    [`/${'x'.repeat(256)}`, /255 bytes/],
    [`/${encodeURIComponent('ä'.repeat(128))}`, /255 bytes/],
    [`/${'x'.repeat(200)}`.repeat(90), /16384 bytes/],
  ] as const) {
    it(`refuses ${url.slice(0, 20)} and names the rule`, () => {
      assert.throws(
        () => names(url),
        (error) => isBadName(error) && error instanceof Error && rule.test(error.message),
      );
    });
  }

  it('gives back every list of names that was put in', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter(
        (text) => !text.includes('/') && text !== '.' && text !== '..' && Buffer.byteLength(text) <= 255,
      );
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 6 }), (path) => {
        assert.deepEqual(names(`/${path.map(encodeURIComponent).join('/')}`), path);
      }),
    );
  });
});
