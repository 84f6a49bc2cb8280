import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { Home, homeFormat } from '../../../src/node/home/home.ts';
import { type Migration, migrateHome, migrations } from '../../../src/node/home/migrations.ts';

const goldenFolder = new URL('../../golden/', import.meta.url).pathname;
const module = new URL('../../../src/node/home/migrations.ts', import.meta.url).pathname;
const log = { info() {}, warn() {} } as never;

/** 1 → 2: another shape of the configuration, a new folder, and a file that goes. */
const second: Migration = {
  from: 1,
  names: ['network.key', 'tls', 'extra'],
  async run(folder) {
    const path = join(folder, 'config.json');
    const { name, ...config } = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...config, called: name }));
    await mkdir(join(folder, 'extra'));
    await writeFile(join(folder, 'extra/new'), 'made');
    await writeFile(join(folder, 'network.key'), 'spoiled');
    await rm(join(folder, 'tls'), { recursive: true });
  },
};
/** 2 → 3. */
const third: Migration = {
  from: 2,
  names: ['extra'],
  run: (folder) => writeFile(join(folder, 'extra/new'), 'made again'),
};

describe('a home of an older format', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerstor-migrations-'));
    await cp(join(goldenFolder, 'home-1/home'), folder, { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const migrate = (format: number, steps: readonly Migration[] = [second, third], takesBack = false) =>
    migrateHome({ folder, format, steps, takesBack, log });
  const text = (name: string) => readFile(join(folder, name), 'utf8');
  const config = async () => JSON.parse(await text('config.json'));
  /** Every small file of the home with its content, and its mode. */
  async function contents(): Promise<Record<string, string>> {
    const all: Record<string, string> = {};
    for (const name of ['config.json', 'network.key', 'tls/authority.json', 'extra/new', 'identity.key']) {
      const facts = await stat(join(folder, name)).catch(() => undefined);
      if (facts) all[name] = `${(facts.mode & 0o777).toString(8)} ${await text(name)}`;
    }
    return all;
  }

  it('is brought through every step to the format of the program, and what it was stays beside', async () => {
    const { name } = await config();
    await migrate(3);
    assert.deepEqual([(await config()).format, (await config()).called], [3, name]);
    assert.equal(await text('extra/new'), 'made again');
    const kept = (await readdir(folder)).filter((one) => /format|migrating/.test(one)).sort();
    assert.deepEqual(kept, ['before-format-2', 'before-format-3']);
    assert.equal((await stat(join(folder, 'before-format-2'))).mode & 0o777, 0o700);
    const after = await contents();
    await migrate(3);
    assert.deepEqual(await contents(), after);
  });

  it('whose step fails is as it was before, and says so', async () => {
    const before = await contents();
    const failing: Migration = {
      ...second,
      async run(at) {
        await second.run(at);
        throw new Error('the disk was pulled');
      },
    };
    await assert.rejects(
      migrate(2, [failing]),
      (error) =>
        isPeerstorError(error, 'bad-input') && /as it was before: the disk was pulled/.test(error.message),
    );
    assert.deepEqual(await contents(), before);
    await migrate(2);
    assert.equal((await config()).format, 2);
  });

  it('whose step was killed in the middle begins it again from the files as they were', async () => {
    const { name } = await config();
    const killed = `import { migrateHome } from ${JSON.stringify(module)};
      import { writeFileSync, rmSync, mkdirSync } from 'node:fs';
      await migrateHome({ folder: ${JSON.stringify(folder)}, format: 2, log: { info() {} }, steps: [{ from: 1, names: ${JSON.stringify(second.names)},
        async run(at) {
          writeFileSync(at + '/config.json', '{"half');
          writeFileSync(at + '/network.key', 'half');
          rmSync(at + '/tls', { recursive: true });
          mkdirSync(at + '/extra');
          process.kill(process.pid, 'SIGKILL');
          await new Promise(() => setInterval(() => undefined, 1000));
        } }] });`;
    const { signal, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module-typescript', '--eval', killed],
      { encoding: 'utf8' },
    );
    assert.equal(signal, 'SIGKILL', stderr);
    assert.equal(await text('config.json'), '{"half');
    // `second.run` fails where `extra` is there already, so it found the files as they were.
    await migrate(2);
    assert.deepEqual([(await config()).format, (await config()).called], [2, name]);
    assert.equal(await text('extra/new'), 'made');
  });

  it('whose copies were cut, or whose step was done but for its last rename, goes on', async () => {
    await mkdir(join(folder, 'migrating'));
    await writeFile(join(folder, 'migrating/config.json'), '{"cut');
    await migrate(2);
    const after = await contents();
    await rename(join(folder, 'before-format-2'), join(folder, 'migrating'));
    await migrate(2);
    assert.deepEqual(await contents(), after);
    assert.ok((await readdir(folder)).includes('before-format-2'));
  });

  it('that a newer program migrated is taken back when that program failed, and else refused', async () => {
    const before = await contents();
    await migrate(3);
    const newer = await contents();
    await migrate(1);
    assert.deepEqual(await contents(), newer);
    await migrate(1, [second, third], true);
    assert.deepEqual(await contents(), before);
    // A way back with a hole in it is none: the home stays whole, for the newer program.
    await migrate(3);
    await rm(join(folder, 'before-format-2'), { recursive: true });
    await migrate(1, [second, third], true);
    assert.deepEqual(await contents(), newer);
  });

  it('is refused where no step leads on, and a new one has nothing to migrate', async () => {
    await assert.rejects(
      migrate(3, [third]),
      /has format 1, and this version reads format 3\. Start a version between/,
    );
    await rm(join(folder, 'config.json'));
    await migrate(3, []);
    assert.deepEqual(
      (await readdir(folder)).filter((one) => /format|migrating/.test(one)),
      [],
    );
  });

  it('loses the copies after a month, and with its network', async () => {
    await migrate(2);
    const home = await Home.open(folder);
    assert.ok((await home.asideNames()).includes('before-format-2'));
    const old = new Date(Date.now() - 31 * 86_400_000);
    await utimes(join(folder, 'before-format-2'), old, old);
    await migrate(2);
    assert.ok(!(await readdir(folder)).includes('before-format-2'));
  });

  it('has a step and golden files for each format that there was', async () => {
    const froms = migrations.map(({ from }) => from);
    assert.deepEqual(
      froms,
      Array.from({ length: homeFormat - 1 }, (_, at) => at + 1),
    );
    const golden = await readdir(goldenFolder);
    for (let format = 1; format <= homeFormat; format += 1)
      assert.ok(golden.includes(`home-${format}`), String(format));
  });
});
