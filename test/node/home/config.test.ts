import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { homeFolder } from '../../../src/node/home/config.ts';

describe('the home folder', () => {
  it('is what was said, else below the folder of the person, which each system names in its own way', () => {
    const everything = { PEERSTOR_HOME: '/p', HOME: '/h', USERPROFILE: '/u' };
    assert.equal(homeFolder('/said', everything), resolve('/said'));
    assert.equal(homeFolder(undefined, everything), resolve('/p'));
    assert.equal(homeFolder(undefined, { HOME: '/h', USERPROFILE: '/u' }), resolve('/h/.peerstor'));
    assert.equal(homeFolder(undefined, { USERPROFILE: '/u' }), resolve('/u/.peerstor'));
    assert.equal(homeFolder(undefined, { HOME: '' }), join(homedir(), '.peerstor'));
  });
});
