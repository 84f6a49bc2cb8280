import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { messages, say, sayFailure, silence, unsayAbout } from '../../web/client/messages.ts';
import { problemFrom } from '../../web/client/request.ts';

const texts = () => messages.value.map(({ text }) => text);

describe('messages', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
    messages.value = [];
  });
  afterEach(() => mock.timers.reset());

  it('go by themselves, errors later', () => {
    say('moved');
    sayFailure(new Error('no room'));
    mock.timers.tick(10_000);
    assert.deepEqual(texts(), ['no room']);
    mock.timers.tick(50_000);
    assert.deepEqual(texts(), []);
  });

  it('say that the device does not answer until it does, and no longer', () => {
    sayFailure(problemFrom(0, ''), '“a”: it does not answer');
    sayFailure(problemFrom(500, ''));
    unsayAbout(silence);
    assert.equal(texts().length, 1);
    assert.match(texts()[0] ?? '', /500/);
  });

  it('go with what they are about, and never hide more than three rows', () => {
    const action = {};
    say('one', { about: action });
    say('two');
    unsayAbout(action);
    assert.deepEqual(texts(), ['two']);
    for (const text of ['three', 'four', 'five']) say(text);
    assert.deepEqual(texts(), ['three', 'four', 'five']);
  });
});
