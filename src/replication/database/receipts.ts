/** The log of repairs, newest last: it shows users that the network keeps its copies. */
import { decode, encode } from '../../crypto/index.ts';
import type { ReceiptView } from '../../model/api.ts';
import { afterPrefix } from '../../model/contracts/ordered-store.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';
import type { WriteBehind } from './write-behind.ts';

const receiptPrefix = 'r';
const receiptsMax = 200;

export class Receipts {
  readonly #index: WriteBehind;
  readonly #log: Log;
  #kept: { key: string; receipt: ReceiptView }[] = [];
  #nextNumber = 1;

  constructor(parts: { index: WriteBehind; log: Log }) {
    this.#index = parts.index;
    this.#log = parts.log;
  }

  async start(): Promise<void> {
    for await (const page of this.#index.pages(receiptPrefix, afterPrefix(receiptPrefix))) {
      for (const [key, value] of page) this.#remember(key, value);
    }
  }

  add(atMs: number, sentence: string): void {
    const receipt: ReceiptView = { at: new Date(atMs).toISOString(), sentence };
    const number = Buffer.alloc(4);
    number.writeUInt32BE(this.#nextNumber++);
    const key = receiptPrefix + number.toString('latin1');
    this.#index.set(key, encode({ ...receipt }));
    this.#kept.push({ key, receipt });
    while (this.#kept.length > receiptsMax) {
      const oldest = this.#kept.shift();
      if (oldest) this.#index.set(oldest.key, null);
    }
  }

  /** Newest first. */
  list(): ReceiptView[] {
    return this.#kept.map(({ receipt }) => receipt).reverse();
  }

  /** Drops a receipt that cannot be read: it is a note, not a promise. */
  #remember(key: string, value: Uint8Array): void {
    this.#nextNumber = Buffer.from(key, 'latin1').readUInt32BE(1) + 1;
    try {
      const read = decode(value);
      if (isReceipt(read)) this.#kept.push({ key, receipt: read });
    } catch (error) {
      if (!isPeerstorError(error)) throw error;
      this.#log.warn({ error }, 'A receipt of a repair could not be read');
      this.#index.set(key, null);
    }
  }
}

function isReceipt(value: unknown): value is ReceiptView {
  if (typeof value !== 'object' || value === null || !('at' in value) || !('sentence' in value)) return false;
  return typeof value.at === 'string' && typeof value.sentence === 'string';
}
