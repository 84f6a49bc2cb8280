import type { SealedFiles } from '../../src/model/contracts/files/sealed-files.ts';
import { until } from './until.ts';

/** Sealed files in memory, in pieces of odd lengths. */
export class MemorySealedFiles implements SealedFiles {
  readonly kept = new Map<string, Uint8Array>();
  writes = 0;

  async write(name: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const parts: Uint8Array[] = [];
    for await (const piece of pieces) parts.push(piece);
    this.kept.set(name, Buffer.concat(parts));
    this.writes += 1;
  }

  async *read(name: string): AsyncIterable<Uint8Array> {
    const bytes = this.kept.get(name) ?? new Uint8Array(0);
    const step = 1009;
    for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
  }

  /** The only file. */
  async only(): Promise<{ name: string; bytes: Uint8Array }> {
    await until('a file is written', () => this.kept.size > 0);
    const [[name, bytes] = ['', new Uint8Array(0)]] = [...this.kept];
    return { name, bytes };
  }
}
