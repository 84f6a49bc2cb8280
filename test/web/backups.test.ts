import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackupView } from '../../src/model/backups/backup-views.ts';
import { scheduleFor, stateWords, whenWords } from '../../web/client/backups.ts';
import { german, germanErrors } from '../../web/words/german/index.ts';
import { spoken } from '../../web/words/words.ts';

const view: BackupView = {
  id: 'b',
  kind: 'backup',
  name: 'docs',
  folder: '/docs',
  target: { id: 't', path: '/Backups' },
  watch: false,
  cron: null,
  every: null,
  exclude: [],
  presets: [],
  onDelete: 'trash',
  keep: { hourly: 1, daily: 1, weekly: 1, monthly: 1 },
  pauseOn: [],
  state: 'idle',
  problem: null,
  needsConsent: false,
  nextRunAt: null,
  lastRun: null,
};

describe('the words of a backup', () => {
  it('say when it runs, for each choice', () => {
    const said = (['watch', 'hourly', 'daily', 'by-hand'] as const).map((when) =>
      whenWords({ ...view, ...scheduleFor(when) }),
    );
    assert.deepEqual(said, ['when something changes', 'every 1h', 'daily at 3:00', 'when you run it']);
  });

  it('put a question before everything else, and a failure before what was', () => {
    const lastRun = { state: 'failed' } as BackupView['lastRun'];
    assert.deepEqual(stateWords(view).label, 'not run yet');
    assert.deepEqual(stateWords({ ...view, lastRun }), { label: 'failed', tone: 'warn' });
    const english = spoken.value;
    spoken.value = { locale: 'de', table: german, errors: germanErrors, deviceSaid: null };
    assert.equal(stateWords({ ...view, lastRun }).label, german.failed);
    spoken.value = english;
    assert.equal(stateWords({ ...view, lastRun, state: 'running' }).label, 'running');
    assert.equal(stateWords({ ...view, lastRun, state: 'paused' }).label, 'paused');
    assert.equal(stateWords({ ...view, lastRun, state: 'paused', needsConsent: true }).tone, 'danger');
  });
});
