/** Edits of the tree: folders, moves, renames, purges. The resulting tree must be equal on all devices. */
import type { Random } from '../../src/model/clock.ts';
import type { Draft } from '../../src/model/contracts/catalog.ts';
import { entryOf, type World } from '../catalog/world.ts';

export class TreeEdits {
  readonly #world: World;
  readonly #random: Random;
  readonly #folders: number[] = [0];
  readonly #files: number[] = [];

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  /** A saved file. */
  saved(number: number): void {
    this.#files.push(number);
  }

  /** @param number of the new entry, if the edit makes one */
  next(number: number): { what: string; drafts: Draft[] } {
    const roll = this.#random.next();
    const parent = entryOf(this.#folder());
    if (roll < 0.3) {
      this.#folders.push(number);
      return { what: `folder ${number}`, drafts: [this.#world.entryDraft(number, { parent })] };
    }
    const isFolder = roll < 0.6;
    const moved = isFolder ? this.#folder() : this.#file();
    if (moved === undefined || moved === 0) return { what: 'nothing', drafts: [] };
    const kind = isFolder ? 'folder' : 'file';
    if (roll < 0.95) {
      const name = Uint8Array.of(this.#pick(256));
      const drafts = [this.#world.entryDraft(moved, { kind, parent, name })];
      return { what: `move ${moved}`, drafts };
    }
    return { what: `purge ${moved}`, drafts: [{ table: 'entry', id: entryOf(moved), body: null }] };
  }

  #folder(): number {
    return this.#folders[this.#pick(this.#folders.length)] ?? 0;
  }

  #file(): number | undefined {
    return this.#files[this.#pick(this.#files.length)];
  }

  #pick(count: number): number {
    return Math.floor(this.#random.next() * count);
  }
}
