/**
 * Counts the copies that were lost with devices and made again; reports them as receipts when a run of repair
 * ends.
 */
import type { Clock } from '../../model/clock.ts';
import type { DeviceId } from '../../model/ids.ts';
import type { Receipts } from '../database/receipts.ts';
import type { Members } from '../peers/members.ts';

export interface LossesParts {
  members: Members;
  receipts: Receipts;
  clock: Clock;
}

export class Losses {
  readonly #parts: LossesParts;
  readonly #chunks = new Map<string, number>();

  constructor(parts: LossesParts) {
    this.#parts = parts;
  }

  /** A chunk was copied again because these devices are missing; an empty list: it had too few copies anyway. */
  add(missing: readonly DeviceId[]): void {
    const { members } = this.#parts;
    const names = missing.map((id) => members.find(id)?.name ?? 'a removed device').sort();
    const cause = [...new Set(names)].join(' and ');
    this.#chunks.set(cause, (this.#chunks.get(cause) ?? 0) + 1);
  }

  writeReceipts(): void {
    const { clock, receipts } = this.#parts;
    for (const [names, count] of this.#chunks) {
      const chunks = count === 1 ? '1 chunk' : `${count} chunks`;
      const verb = count === 1 ? 'was' : 'were';
      const sentence =
        names === ''
          ? `${chunks} had too few copies; copied again.`
          : `${chunks} ${verb} lost with ${names}; copied again.`;
      receipts.add(clock.wallMs(), sentence);
    }
    this.#chunks.clear();
  }
}
