/** Notes in the audit log what no honest device sends, at most once a minute for each device and reason. */

import type { Clock } from '../../model/clock.ts';
import type { Audit } from '../../model/contracts/audit.ts';
import { type DeviceId, shortId } from '../../model/ids.ts';
import type { CatalogRecord } from '../../model/records.ts';
import type { Authority } from '../rights/authority.ts';
import type { HoldReason } from '../rights/policy.ts';

const minuteMs = 60_000;
/** Notes in a minute over all devices: a stranger can name any number of devices. */
const remembered = 1000;

/**
 * Suspicious reasons to hold a record: an honest device causes them only before it has heard of a decision. Other
 * reasons arise from the order in which records arrive.
 */
const smells: Partial<Record<HoldReason, string>> = {
  'removed-device': 'it was removed from the network before',
  'storage-only-device': 'it only keeps copies, and writes for no user',
  'no-right': 'only an admin may say this',
  'no-grant': 'the share that it names was over, or is for somebody else',
  'beyond-grant': 'the share that it names does not allow this',
};

export class Refusals {
  readonly #audit: Audit;
  readonly #clock: Clock;
  readonly #notedMs = new Map<string, number>();

  constructor({ audit, clock }: { audit: Audit; clock: Clock }) {
    this.#audit = audit;
    this.#clock = clock;
  }

  /** @param device as the record says: nobody has proved it */
  refused(device: DeviceId | 'unknown', reason: string, sentence: string): void {
    const nowMs = this.#clock.monotonicMs();
    const key = `${device} ${reason}`;
    const lastMs = this.#notedMs.get(key);
    if (lastMs !== undefined && nowMs - lastMs < minuteMs) return;
    if (this.#notedMs.size >= remembered) this.#forget(nowMs - minuteMs);
    if (this.#notedMs.size >= remembered) return;
    this.#notedMs.set(key, nowMs);
    this.#audit.note({ event: 'record-refused', sentence, from: device });
  }

  #forget(beforeMs: number): void {
    for (const [key, notedMs] of this.#notedMs) if (notedMs <= beforeMs) this.#notedMs.delete(key);
  }

  /** @param reasons for each record, why it does not count, or undefined */
  held(
    records: readonly CatalogRecord[],
    reasons: readonly (HoldReason | undefined)[],
    authority: Authority,
  ): void {
    for (const [index, { device, table, principal }] of records.entries()) {
      const reason = reasons[index];
      const why = reason && smells[reason];
      if (why === undefined) continue;
      // The signer may be an admin or an invite that a later log introduces.
      if (reason === 'no-right' && !authority.isUser(principal)) continue;
      const sentence = `A record (${table}) of device ${shortId(device)} does not count: ${why}.`;
      this.refused(device, why, sentence);
    }
  }
}
