import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseIf } from '../../../src/http/dav/if-header.ts';
import { parseXml, writeElement } from '../../../src/http/requests/xml.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';

const isRefused = (error: unknown) => isPeerstorError(error, 'bad-request');

describe('XML of a request', () => {
  it('is read with namespaces, language and attributes, and written so that it means the same', () => {
    const text =
      '<a:prop xmlns:a="urn:x" xml:lang="de"><b xmlns="urn:y" a:c="1&amp;2" d="&lt;">t<![CDATA[<&]]></b></a:prop>';
    const root = parseXml(text);
    assert.ok(root);
    const again = parseXml(writeElement(root));
    assert.deepEqual(again, root);
    assert.equal(root.language, 'de');
    assert.equal(parseXml('  '), undefined);
  });

  for (const [what, text] of [
    ['a document type', '<!DOCTYPE a><a/>'],
    [
      'entities that grow',
      '<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><propfind xmlns="DAV:">&b;</propfind>',
    ],
    ['an entity of a file', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ['an unknown entity', '<a>&x;</a>'],
    ['a missing end', '<a><b></a>'],
    ['two roots', '<a/><b/>'],
    ['a prefix without a namespace', '<a xmlns:x=""/>'],
    ['an unknown prefix', '<x:a/>'],
    ['a control character', '<a>\u0001</a>'],
    ['10,000 levels', '<a>'.repeat(10_000)],
    ['10,000 elements', `<a>${'<b/>'.repeat(10_000)}</a>`],
    ['10,000 attributes that are equal', `<a ${'b="" '.repeat(10_000)}/>`],
  ] as const) {
    it(`is refused with ${what}`, () => {
      assert.throws(() => parseXml(text), isRefused);
    });
  }
});

describe('the header If', () => {
  it('is read as lists of conditions, tagged or not', () => {
    assert.deepEqual(parseIf('(<urn:a> ["etag"]) (Not <urn:b>)'), [
      {
        resource: undefined,
        conditions: [
          { not: false, kind: 'token', value: 'urn:a' },
          { not: false, kind: 'etag', value: '"etag"' },
        ],
      },
      { resource: undefined, conditions: [{ not: true, kind: 'token', value: 'urn:b' }] },
    ]);
    assert.deepEqual(parseIf('<http://x/dav/a>(["1"]) <http://x/dav/b> (Not["2"])'), [
      { resource: 'http://x/dav/a', conditions: [{ not: false, kind: 'etag', value: '"1"' }] },
      { resource: 'http://x/dav/b', conditions: [{ not: true, kind: 'etag', value: '"2"' }] },
    ]);
    assert.deepEqual(parseIf(undefined), []);
  });

  for (const text of ['', '()', '(', '(<a>', '(<a', 'x', '(x)', '(Not)', '<a>', '(<a>) x', '(["a)']) {
    it(`is refused as ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseIf(text), isRefused);
    });
  }

  it('is refused quickly when it is long', () => {
    for (const text of ['(<a>)'.repeat(10_000), `(${' '.repeat(60_000)}`, `(${'Not '.repeat(15_000)})`]) {
      assert.throws(() => parseIf(text), isRefused);
    }
  });
});
