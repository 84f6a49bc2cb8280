import assert from 'node:assert/strict';
import { test } from 'node:test';
import { archiveItems } from '../../../src/http/archive/archive-items.ts';
import type { Drive } from '../../../src/model/contracts/drive.ts';
import { PeerstorError } from '../../../src/model/errors.ts';
import { entryId } from '../../../src/model/ids.ts';
import { FakeDrive } from '../../support/fake-drive.ts';

const signal = new AbortController().signal;

async function* text(content: string) {
  yield Buffer.from(content);
}

/** A drive with two files in a folder, the second of which is gone when it is opened. */
async function createDrive(): Promise<{ drive: FakeDrive; paths(): Promise<string[]> }> {
  const drive = new FakeDrive();
  const folder = await drive.createFolder(entryId((await drive.root()).id), 'Trip');
  await drive.upload(entryId(folder.id), 'a.txt', text('a'), {});
  const second = await drive.upload(entryId(folder.id), 'b.txt', text('b'), {});
  const { open } = drive;
  drive.open = async (...given: Parameters<Drive['open']>) => {
    if (given[0] === second.entry.id) throw new PeerstorError('gone', 'This is not there any more.');
    return open.apply(drive, given);
  };
  const paths = async () =>
    (await Array.fromAsync(archiveItems(drive, [folder], signal))).map(({ path }) => path);
  return { drive, paths };
}

test('an archive leaves out what was deleted while it is made', async () => {
  const { paths } = await createDrive();
  assert.deepEqual(await paths(), ['Trip/', 'Trip/a.txt']);
});

test('an archive breaks off when its link is taken back, instead of leaving the rest out', async () => {
  const { drive, paths } = await createDrive();
  drive.root = async () => {
    throw new PeerstorError('gone', 'This link was taken back.');
  };
  await assert.rejects(paths(), /taken back/);
});

test('an archive stops when its signal says so', async () => {
  const { drive } = await createDrive();
  const stopped = AbortSignal.abort(new Error('the client left'));
  const tops = [await drive.root()];
  await assert.rejects(Array.fromAsync(archiveItems(drive, tops, stopped)), /the client left/);
});
