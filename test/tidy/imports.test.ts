/** Imports go down only. The rules stand in `import-rules.ts`; here each is broken once to see it speak. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { forbiddenArrows, libraryRules, roomRules, subRooms } from './import-rules.ts';
import { arrowsOf, circles, faultOf, librariesOf, libraryFaultOf } from './imports.ts';

const root = new URL('../..', import.meta.url).pathname;
const sources = globSync(['src/**/*.ts', 'web/**/*.{ts,tsx}'], { cwd: root }).sort();
const arrows = sources.flatMap((path) => arrowsOf(path, readFileSync(`${root}${path}`, 'utf8')));

describe('imports between rooms', () => {
  it('the code has no arrow that a rule forbids', () => {
    assert.ok(arrows.length > 1500, `only ${arrows.length} imports were found: the reader is broken`);
    const faults = arrows.flatMap((arrow) => faultOf(arrow) ?? []);
    assert.deepEqual(
      faults.map(({ from, to, sentence }) => `${from} → ${to}: ${sentence}`),
      [],
    );
  });

  it('the code has no circle of imports', () => {
    assert.deepEqual(circles(arrows), []);
  });

  it('the code uses each outside library only where it lives', () => {
    const used = sources.flatMap((path) => librariesOf(path, readFileSync(`${root}${path}`, 'utf8')));
    assert.ok(used.length > 200, `only ${used.length} uses were found: the reader is broken`);
    const faults = used.flatMap((use) => libraryFaultOf(use) ?? []);
    assert.deepEqual(
      faults.map(({ from, to, sentence }) => `${from} → ${to}: ${sentence}`),
      [],
    );
  });

  it('an outside library in another room is refused with its sentence', () => {
    const names = [
      'level',
      '@noble/hashes/sha2.js',
      '@simplewebauthn/server',
      'fastify',
      '@libp2p/tcp',
      'sharp',
      'thumbhash',
      'fflate',
      'marked',
      'photoswipe',
      'saxes',
      'commander',
      'ignore',
      'croner',
      'preact/hooks',
    ];
    assert.equal(names.length, libraryRules.length);
    for (const [index, name] of names.entries()) {
      const rule = libraryRules[index];
      assert.equal(libraryFaultOf({ from: 'src/drive/a.ts', to: name })?.sentence, rule?.sentence);
      assert.equal(libraryFaultOf({ from: `${rule?.places[0]}/a.ts`, to: name }), undefined);
    }
  });

  it('a circle of imports is found', () => {
    const a = { from: 'src/model/a.ts', to: 'src/model/b.ts' };
    const b = { from: 'src/model/b.ts', to: 'src/model/a.ts' };
    assert.deepEqual(circles([a, b]), [['src/model/a.ts', 'src/model/b.ts']]);
  });

  it('an import of a room that the importing room may not know is refused with its sentence', () => {
    for (const { room, imports, sentence } of roomRules)
      for (const { room: other } of roomRules.filter((each) => each.room !== room)) {
        const fault = faultOf({ from: `src/${room}/a.ts`, to: `src/${other}/index.ts` });
        assert.equal(fault?.sentence, imports.includes(other) ? undefined : sentence, `${room} → ${other}`);
      }
  });

  it('an import of a later sub-room is refused, an import of an earlier one is not, unless it is forbidden', () => {
    for (const [room, order] of Object.entries(subRooms))
      for (const [at, from] of order.entries())
        for (const [index, to] of order.entries()) {
          const fault = faultOf({ from: `src/${room}/${from}/a.ts`, to: `src/${room}/${to}/b.ts` });
          const forbidden = forbiddenArrows.some(
            (arrow) => arrow.from === `${room}/${from}` && arrow.to.includes(`${room}/${to}`),
          );
          assert.equal(fault !== undefined, index > at || forbidden, `${room}: ${from} → ${to}`);
        }
  });

  it('a folder within a sub-room keeps to its own place where it has one, and else to that of the sub-room', () => {
    const from = 'src/drive/tree/listing/names.ts';
    assert.ok(faultOf({ from, to: 'src/drive/tree/tree.ts' }), 'listing is imported by tree');
    assert.equal(faultOf({ from: 'src/drive/tree/tree.ts', to: from }), undefined);
    const unnamed = 'src/http/routes/entries/path.ts';
    assert.ok(faultOf({ from: 'src/http/content/a.ts', to: unnamed }), 'routes stand above content');
    assert.equal(faultOf({ from: unnamed, to: 'src/http/content/a.ts' }), undefined);
  });

  it('every forbidden arrow speaks with its own sentence', () => {
    for (const { from, to, sentence } of forbiddenArrows)
      for (const target of to)
        assert.equal(faultOf({ from: `src/${from}/a.ts`, to: `src/${target}/b.ts` })?.sentence, sentence);
  });

  it('a plan of replication that imports anything but model, placement and plans is refused', () => {
    const from = 'src/replication/repair/repair-plan.ts';
    assert.ok(faultOf({ from, to: 'src/replication/peers/peers.ts' }));
    assert.equal(faultOf({ from, to: 'src/replication/placement/placement.ts' }), undefined);
    assert.equal(faultOf({ from, to: 'src/model/ids.ts' }), undefined);
  });

  it('a page file that imports the server, and a client file that imports a component, are refused', () => {
    assert.ok(faultOf({ from: 'web/views/a.tsx', to: 'src/http/index.ts' }));
    assert.ok(faultOf({ from: 'web/client/a.ts', to: 'web/components/button.tsx' }));
    assert.equal(faultOf({ from: 'web/client/a.ts', to: 'src/model/api.ts' }), undefined);
    assert.equal(faultOf({ from: 'web/client/a.ts', to: 'web/words/words.ts' }), undefined);
    assert.ok(faultOf({ from: 'web/words/words.ts', to: 'web/client/a.ts' }));
  });

  it('a folder that no rule names is refused until it gets a line', () => {
    assert.ok(faultOf({ from: 'src/attic/a.ts', to: 'src/model/ids.ts' }));
    assert.ok(faultOf({ from: 'src/drive/attic/a.ts', to: 'src/drive/tree/tree.ts' }));
  });
});
