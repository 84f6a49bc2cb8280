import assert from 'node:assert/strict';
import { join, win32 } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { childPath, FolderNames, localName } from '../../../src/cli/transfer/local-names.ts';

describe('names of the drive as names of local files', () => {
  it('a name that Windows would take for a path, a device or a stream becomes a plain one', () => {
    for (const [name, local] of [
      ['..\\..\\evil.bat', '.._.._evil.bat'],
      ['a:b', 'a_b'],
      ['C:', 'C_'],
      ['what?<now>|"*', 'what__now____'],
      ['CON', '_CON'],
      ['con.txt', '_con.txt'],
      ['aux .tar.gz', '_aux .tar.gz'],
      ['LPT1', '_LPT1'],
      ['com³', '_com³'],
      ['CONIN$', '_CONIN$'],
      ['end. .', 'end___'],
      ['...', '___'],
      ['tab\there', 'tab_here'],
    ] as const) {
      assert.equal(localName(name, 'win32'), local, name);
    }
  });

  it('a name that Windows takes stays as it is there', () => {
    for (const name of ['plan.txt', 'Übung ß', '.hidden', 'console', 'com10', 'a b', 'nul-a', '日本']) {
      assert.equal(localName(name, 'win32'), name);
    }
  });

  it('a name that only Windows refuses stays as it is elsewhere', () => {
    for (const name of ['a:b', 'CON', 'end.', '..\\x', 'a*']) assert.equal(localName(name, 'linux'), name);
  });

  it('on no system a name leaves its folder, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const windows = localName(name, 'win32');
        assert.equal(win32.join('C:\\to', windows), `C:\\to\\${windows}`);
        assert.equal(win32.basename(windows), windows);
        const here = localName(name, 'linux');
        assert.equal(childPath('/to', here), `/to/${here}`);
      }),
    );
  });

  it('a name that the rules missed is refused by a last look at the path', () => {
    for (const name of ['..', '.', '', 'a/b', '../a', '/a']) {
      assert.throws(() => childPath('/to', name), { code: 'bad-name' });
    }
    assert.equal(childPath('rel/to', 'a'), join('rel', 'to', 'a'));
    assert.equal(childPath('.', 'a'), 'a');
  });

  it('two names that become one get a number, and the first keeps its own', () => {
    const names = new FolderNames({ platform: 'win32', foldsCase: true });
    assert.deepEqual(
      ['a:b.txt', 'a_b.txt', 'A_B.txt', 'a?b.txt'].map((name) => names.claim(name)),
      ['a_b.txt', 'a_b (2).txt', 'A_B (3).txt', 'a_b (4).txt'],
    );
  });

  it('names that a case-insensitive disk takes for one get a number, though the drive keeps them apart', () => {
    const folds = new FolderNames({ platform: 'linux', foldsCase: true });
    assert.deepEqual(
      [folds.claim('µ'), folds.claim('μ'), folds.claim('ſ'), folds.claim('s')],
      ['µ', 'μ (2)', 'ſ', 's (2)'],
    );
    const apart = new FolderNames({ platform: 'linux', foldsCase: false });
    assert.deepEqual([apart.claim('µ'), apart.claim('μ')], ['µ', 'μ']);
    const words = new FolderNames({ platform: 'win32', foldsCase: true });
    assert.deepEqual([words.claim('Maße'), words.claim('Masse')], ['Maße', 'Masse']);
  });
});
