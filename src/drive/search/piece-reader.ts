/** Reads bytes across the borders of the pieces that they come in. */
export class PieceReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array(0);

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** @returns the text before the next line feed; undefined where there is none within `bytesMax` */
  async line(bytesMax: number): Promise<string | undefined> {
    const parts: Uint8Array[] = [];
    for (let bytes = 0; bytes <= bytesMax; ) {
      const end = this.#piece.indexOf(0x0a);
      parts.push(end < 0 ? this.#piece : this.#piece.subarray(0, end));
      bytes += this.#piece.length;
      this.#piece = end < 0 ? new Uint8Array(0) : this.#piece.subarray(end + 1);
      if (end >= 0) return Buffer.concat(parts).toString();
      if (!(await this.#next())) return undefined;
    }
    return undefined;
  }

  /** @returns false where the pieces end before the target is full */
  async fill(target: Uint8Array): Promise<boolean> {
    for (let at = 0; at < target.length; ) {
      if (this.#piece.length === 0 && !(await this.#next())) return false;
      const part = this.#piece.subarray(0, target.length - at);
      target.set(part, at);
      at += part.length;
      this.#piece = this.#piece.subarray(part.length);
    }
    return true;
  }

  /** Stops the reading of what is left. */
  async end(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #next(): Promise<boolean> {
    const { done, value } = await this.#pieces.next();
    if (done) return false;
    this.#piece = value;
    return true;
  }
}
