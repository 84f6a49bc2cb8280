/**
 * Changes in the local folder of a sync. A file is replaced only while it is still the one that was looked at, and
 * what somebody saved in the last moment becomes a file of its own. Nothing is written through a symbolic link.
 */
import { constants } from 'node:fs';
import { link, lstat, mkdir, open, rename, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PeerstorError } from '../../model/errors.ts';
import { type FileFacts, factsOf, sameContentFacts, sameFacts } from '../source/scanner.ts';
import { FileChanged } from '../source/steady-file.ts';

/** Files that are not whole yet, or are about to go, end so: no scan takes them for content. */
export const unfinishedEnding = '.peerstor-sync';
const noFollow = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW;

export interface NewContent {
  pieces: AsyncIterable<Uint8Array>;
  modifiedAtMs: number;
  executable: boolean;
}

export class LocalWriter {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async makeFolder(path: string): Promise<void> {
    await this.#haveFolders(path);
  }

  /**
   * Writes a file whole, then puts it in its place.
   * @param expected what is there now; undefined for nothing
   * @returns the facts of the new file
   * @throws {FileChanged} when something else is there
   */
  async write(path: string, content: NewContent, expected: FileFacts | undefined): Promise<FileFacts> {
    await this.#haveFolders(parentOf(path));
    const at = join(this.#folder, path);
    const unfinished = join(dirname(at), `.${process.pid}-${Date.now().toString(36)}${unfinishedEnding}`);
    const file = await open(
      unfinished,
      constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | noFollow,
      0o666,
    );
    try {
      for await (const piece of content.pieces) await file.writeFile(piece);
      if (content.executable && process.platform !== 'win32')
        await file.chmod((await file.stat()).mode | 0o111);
      const modified = new Date(content.modifiedAtMs);
      await file.utimes(modified, modified);
      await file.datasync();
      await file.close();
      if (expected) await this.#takeAway(at, expected, () => link(unfinished, at));
      else await link(unfinished, at).catch(asChanged);
    } finally {
      await file.close().catch(() => undefined);
      await unlink(unfinished).catch(() => undefined);
    }
    return factsOf(await lstat(at, { bigint: true }));
  }

  /** @throws {FileChanged} when it is not the file that was looked at */
  async delete(path: string, expected: FileFacts): Promise<void> {
    await this.#mustBeFolders(parentOf(path));
    await this.#takeAway(join(this.#folder, path), expected, async () => undefined);
  }

  /** Deletes a folder in which nothing is left. */
  async deleteFolder(path: string): Promise<boolean> {
    await this.#mustBeFolders(parentOf(path));
    return rmdir(join(this.#folder, path)).then(
      () => true,
      () => false,
    );
  }

  /** @returns the facts of the file under its new name. @throws {FileChanged} when that name is taken */
  async rename(from: string, to: string, expected: FileFacts): Promise<FileFacts> {
    await this.#mustBeFolders(parentOf(from));
    await this.#haveFolders(parentOf(to));
    const [source, target] = [join(this.#folder, from), join(this.#folder, to)];
    const there = await lstat(source, { bigint: true }).catch(asChanged);
    if (!there.isFile() || !sameFacts(factsOf(there), expected)) throw new FileChanged();
    // Unlike rename, a link never replaces what has the name.
    await link(source, target).catch(asChanged);
    await unlink(source);
    return factsOf(await lstat(target, { bigint: true }));
  }

  /**
   * Moves a file out of the way first and looks at it again there: nobody can save into it by its name any more.
   * @param then what takes its place; when it fails the file comes back
   */
  async #takeAway(at: string, expected: FileFacts, then: () => Promise<void>): Promise<void> {
    const aside = join(dirname(at), `.${process.pid}-${Date.now().toString(36)}-old${unfinishedEnding}`);
    await rename(at, aside).catch(asChanged);
    const putBack = async () => {
      await link(aside, at).catch(() => undefined);
      // Something else has the name: the old file stays beside it under a name that a person can read.
      const back = await lstat(at, { bigint: true });
      const own = await lstat(aside, { bigint: true });
      if (back.ino === own.ino) await unlink(aside);
      else await rename(aside, `${at} (kept ${Date.now().toString(36)})`);
    };
    try {
      const there = await lstat(aside, { bigint: true });
      if (!there.isFile() || !sameContentFacts(factsOf(there), expected)) throw new FileChanged();
      await then();
      const still = await lstat(aside, { bigint: true });
      if (!sameContentFacts(factsOf(still), expected)) throw new FileChanged();
    } catch (error) {
      await putBack();
      throw error;
    }
    await unlink(aside);
  }

  async #haveFolders(path: string): Promise<void> {
    let at = this.#folder;
    for (const name of path.split('/').filter(Boolean)) {
      at = join(at, name);
      await mkdir(at).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      await mustBeFolder(at);
    }
  }

  async #mustBeFolders(path: string): Promise<void> {
    let at = this.#folder;
    for (const name of path.split('/').filter(Boolean)) {
      at = join(at, name);
      await mustBeFolder(at);
    }
  }
}

function parentOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

async function mustBeFolder(path: string): Promise<void> {
  const facts = await lstat(path);
  if (!facts.isDirectory())
    throw new PeerstorError('conflict', 'a file or a symbolic link is where a folder has to be');
}

function asChanged(error: NodeJS.ErrnoException): never {
  if (error.code === 'ENOENT' || error.code === 'EEXIST') throw new FileChanged();
  throw error;
}
