/** One line on standard error that says how far a transfer is. */
import { displayText } from '../../model/display-text.ts';
import { formatSize } from './output.ts';
import { terminal } from './terminal.ts';

const redrawMs = 100;
const clearLine = '\r\x1b[K';

/** Redraws one line at most ten times a second; silent where standard error is no terminal. */
export class Progress {
  readonly #label: string;
  readonly #startedMs = performance.now();
  #totalBytes: number;
  #doneBytes = 0;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #shown = false;
  #waitingFor = '';

  /** @param totalBytes 0 where it is not known */
  constructor(label: string, totalBytes = 0) {
    this.#label = label;
    this.#totalBytes = totalBytes;
  }

  expect(bytes: number): void {
    this.#totalBytes += bytes;
  }

  add(bytes: number): void {
    this.#doneBytes += bytes;
    this.#draw();
  }

  /** Says what the transfer waits for while no byte moves; '' when it goes on. */
  waitFor(what: string): void {
    if (what === this.#waitingFor) return;
    this.#waitingFor = what;
    this.#drawnMs = Number.NEGATIVE_INFINITY;
    this.#draw();
  }

  /** Clears the line, so that what is printed next begins on an empty one. */
  clear(): void {
    if (!this.#shown) return;
    terminal().stderr.write(clearLine);
    this.#shown = false;
    this.#drawnMs = Number.NEGATIVE_INFINITY;
  }

  #draw(): void {
    const { stderr } = terminal();
    if (!stderr.isTTY || performance.now() - this.#drawnMs < redrawMs) return;
    this.#drawnMs = performance.now();
    this.#shown = true;
    const seconds = Math.max((this.#drawnMs - this.#startedMs) / 1000, 0.001);
    const share =
      this.#totalBytes > 0
        ? `${Math.min(100, Math.floor((100 * this.#doneBytes) / this.#totalBytes))} %`
        : formatSize(this.#doneBytes);
    const pace = this.#waitingFor === '' ? `${formatSize(this.#doneBytes / seconds)}/s` : this.#waitingFor;
    stderr.write(`${clearLine}${displayText(`${this.#label}  ${share}  ${pace}`)}`);
  }
}
