import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { planChange } from '../../../src/node/volumes/volume-plan.ts';
import { lentBytes, planVolumes } from '../../../src/node/volumes/volumes.ts';

describe('a wish for other volumes', () => {
  let base = '';
  before(async () => {
    base = await mkdtemp(join(tmpdir(), 'peerstor-plan-'));
    await mkdir(join(base, 'home', 'volume'), { recursive: true });
    await mkdir(join(base, 'disk'));
    await symlink(join(base, 'disk'), join(base, 'link'));
  });
  after(() => rm(base, { recursive: true }));
  const at = (...names: string[]) => join(base, ...names);
  const home = () => at('home');
  const now = () => [{ path: at('home', 'volume'), limitBytes: 1000 }];
  const plan = (...paths: string[]) =>
    planChange(
      paths.map((path) => ({ path })),
      now(),
      home(),
    );

  it('a requested list of volumes is split into added, changed and removed ones', async () => {
    const { added, changed, removed } = await planChange(
      [
        { path: at('disk'), limitBytes: 5 },
        { path: `${at('home', 'volume')}/`, state: 'draining' },
      ],
      [...now(), { path: at('old'), limitBytes: 7 }],
      home(),
    );
    assert.deepEqual(added, [{ path: at('disk'), limitBytes: 5 }]);
    assert.deepEqual(
      changed.map(({ before, wish }) => [before.path, wish.state]),
      [[at('home', 'volume'), 'draining']],
    );
    assert.deepEqual(removed, [{ path: at('old'), limitBytes: 7 }]);
  });

  it('a list of volumes is refused when folders overlap, also through a link, or cannot be lent', async () => {
    const own = at('home', 'volume');
    for (const paths of [
      [],
      ['disk'],
      ['./disk'],
      [own, at('disk'), at('disk', 'deep', 'er')],
      [own, at('disk'), at('link')],
      [own, at('disk'), at('link', 'deep')],
      [own, join(own, 'inside')],
      [own, base],
      [own, home()],
      [own, at('home', 'db')],
      [own, at('home', 'db', 'index')],
      [own, own],
      [own, '/'],
    ]) {
      await assert.rejects(plan(...paths), { code: 'bad-input' }, JSON.stringify(paths));
    }
    await plan(own, at('disk'), at('diskette'), at('home', 'second'));
  });

  it('a volume that is lent already is not checked again', async () => {
    const odd = [{ path: home(), limitBytes: 1 }];
    const { changed } = await planChange([{ path: home(), limitBytes: 2 }], odd, home());
    assert.equal(changed.length, 1);
  });

  it('a volume that was added while running stays at the next start, beside those of --storage', async () => {
    const remembered = [
      { path: at('disk'), limitBytes: 10 },
      { path: at('added'), limitBytes: 20, added: true, state: 'draining' } as const,
      { path: at('dropped'), limitBytes: 30 },
    ];
    const volumes = await planVolumes([{ path: at('disk'), limitBytes: null }], remembered, { home: home() });
    assert.deepEqual(
      volumes.map(({ path, limitBytes, state }) => [path, limitBytes, state]),
      [
        [at('disk'), 10, undefined],
        [at('added'), 20, 'draining'],
      ],
    );
    assert.equal(lentBytes({ volumes }), 10, 'what is being emptied is not lent');
  });
});
