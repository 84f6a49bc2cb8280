/** What can be undone, newest last; and what was undone and can be done again. */
import { signal } from '@preact/signals-core';

export interface Undoable {
  /** What was done, such as “plan.txt” moved to the trash. */
  label: string;
  undo(): Promise<unknown>;
  redo(): Promise<unknown>;
}

const rememberedMax = 50;

export class UndoStack {
  readonly #done = signal<readonly Undoable[]>([]);
  readonly #undone = signal<readonly Undoable[]>([]);

  get canUndo(): boolean {
    return this.#done.value.length > 0;
  }

  push(action: Undoable): void {
    this.#done.value = [...this.#done.value.slice(1 - rememberedMax), action];
    this.#undone.value = [];
  }

  /**
   * Undoes one action, the newest where none is named. It leaves the stack even if it fails: what
   * cannot be undone now, because the entry is gone, would only stand in the way of the one before.
   * @returns what was undone, or undefined where there was nothing
   */
  async undo(action = this.#done.value.at(-1)): Promise<Undoable | undefined> {
    if (action === undefined || !this.#done.value.includes(action)) return undefined;
    this.#done.value = this.#done.value.filter((one) => one !== action);
    await action.undo();
    this.#undone.value = [...this.#undone.value, action];
    return action;
  }

  async redo(): Promise<Undoable | undefined> {
    const action = this.#undone.value.at(-1);
    if (action === undefined) return undefined;
    this.#undone.value = this.#undone.value.slice(0, -1);
    await action.redo();
    this.#done.value = [...this.#done.value, action];
    return action;
  }

  clear(): void {
    this.#done.value = [];
    this.#undone.value = [];
  }
}
