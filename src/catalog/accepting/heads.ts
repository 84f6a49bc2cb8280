/** Checks the heads of logs: a new one may show that a device lost records, or that two devices have one key. */
import type { DeviceId } from '../../model/ids.ts';
import { isGenuine, type LogHead, readHead } from '../records/log-head.ts';
import { empty, meta } from '../records/store-layout.ts';
import type { CatalogState } from '../state/catalog-state.ts';
import type { Change } from '../state/change.ts';
import type { Writer } from '../writing/writer.ts';

export interface HeadHooks {
  /** This device's own key has signed something that this device does not have: see `onOvertaken`. */
  onOvertaken(): void;
  /** A device has signed two different heads with one number: its key is in two places. */
  onTwice(device: DeviceId): void;
}

export class Heads {
  readonly #state: CatalogState;
  readonly #writer: Writer;
  readonly #hooks: HeadHooks;

  constructor(state: CatalogState, writer: Writer, hooks: HeadHooks) {
    this.#state = state;
    this.#writer = writer;
    this.#hooks = hooks;
  }

  /** Stores a head that a peer sent. Ignores one that is not genuine. */
  async heard(device: DeviceId, bytes: Uint8Array): Promise<void> {
    const head = await this.check(device, bytes);
    if (!head) return;
    await this.#writer.run(async () => {
      const change = this.#writer.begin();
      this.take(change, head);
      if (change.batch.changes().length + change.heads.size > 0) await this.#writer.commit(change);
    });
  }

  /** @returns the head when it is genuine and says something new, else undefined */
  async check(device: DeviceId, bytes: Uint8Array): Promise<LogHead | undefined> {
    const head = readHead(device, bytes);
    const known = this.#state.heads.get(device);
    if (known && isOldNews(known, head)) return undefined;
    return (await isGenuine(this.#state.networkId, head)) ? head : undefined;
  }

  /** @param head one that `check` let through */
  take(change: Change, head: LogHead): void {
    const { device } = head;
    const known = change.headOf(device);
    if (device === this.#state.self && isBeyond(change, head)) {
      // Remembered: after a restart, records that others sent back look like this device's own.
      change.batch.put(meta.overtaken, empty);
      this.#hooks.onOvertaken();
    }
    if (known?.seq === head.seq && known.revision !== head.revision) this.#hooks.onTwice(device);
    if (!known || head.seq > known.seq) change.heads.set(device, head);
  }
}

function isOldNews(known: LogHead, head: LogHead): boolean {
  // Even an older head of this device may show that its key signed something else under the same number.
  return head.seq < known.seq ? false : known.seq === head.seq && known.revision === head.revision;
}

/** Does the head reach further than this device's own log, or name another record under the same number? */
function isBeyond(change: Change, { device, seq, revision }: LogHead): boolean {
  const own = change.find({ device, seq });
  return seq > change.ownSeq || (own !== undefined && own.revision !== revision);
}
