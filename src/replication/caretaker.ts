/** Builds the parts that keep copies correct: scrub, healing, proofs asked and given, restore drills. */
import type { DrillView, ScrubView } from '../model/api.ts';
import type { ChunkId, DeviceId } from '../model/ids.ts';
import type { Tunables } from '../model/limits.ts';
import { HandOver, type HandOverParts } from './surplus/hand-over.ts';
import type { Transfer } from './transfer/transfer.ts';
import { type AuditFigures, Audits, type AuditsParts } from './verify/audits.ts';
import { Foreground } from './verify/foreground.ts';
import { Healing, type HealingParts } from './verify/healing.ts';
import { Proofs } from './verify/proofs.ts';
import { RestoreDrill, type RestoreDrillParts } from './verify/restore-drill.ts';
import { Scrub, type ScrubParts } from './verify/scrub.ts';

export interface CaretakerParts
  extends Omit<AuditsParts, 'proofs' | 'everyMs'>,
    Omit<HandOverParts, 'proofs'>,
    Omit<ScrubParts, 'foreground' | 'periodMs' | 'lost'>,
    Omit<HealingParts, 'heal' | 'name'>,
    Omit<RestoreDrillParts, 'foreground' | 'periodMs' | 'files' | 'suspect'> {
  transfer: Transfer;
  tunables: Pick<Tunables, 'scrubPeriodMs' | 'auditEveryMs' | 'restoreDrillMs' | 'restoreDrillFiles'>;
}

export class Caretaker {
  readonly foreground: Foreground;
  readonly handOver: HandOver;
  readonly #proofs: Proofs;
  readonly #healing: Healing;
  readonly #scrub: Scrub;
  readonly #audits: Audits;
  readonly #drill: RestoreDrill;

  constructor(parts: CaretakerParts) {
    const { clock, members, self, transfer, tunables } = parts;
    this.foreground = new Foreground(clock);
    this.#proofs = new Proofs(parts);
    this.handOver = new HandOver({ ...parts, proofs: this.#proofs });
    this.#healing = new Healing({
      ...parts,
      name: () => members.find(self)?.name ?? 'this device',
      heal: (id) => transfer.heal(id),
    });
    this.#scrub = new Scrub({
      ...parts,
      foreground: this.foreground,
      periodMs: tunables.scrubPeriodMs,
      lost: (id: ChunkId) => this.#healing.lost(id),
    });
    this.#audits = new Audits({ ...parts, proofs: this.#proofs, everyMs: tunables.auditEveryMs });
    this.#drill = new RestoreDrill({
      ...parts,
      foreground: this.foreground,
      periodMs: tunables.restoreDrillMs,
      files: tunables.restoreDrillFiles,
      suspect: (device) => this.#audits.suspect(device),
    });
    this.#proofs.register();
  }

  async start(): Promise<void> {
    this.#healing.start();
    this.#scrub.start();
    this.#audits.start();
    await this.#drill.start();
  }

  async stop(): Promise<void> {
    this.handOver.stop();
    await Promise.all([this.#audits.stop(), this.#scrub.stop(), this.#drill.stop()]);
    this.#healing.stop();
  }

  scrubStatus(): ScrubView {
    return this.#scrub.status();
  }

  drillStatus(): DrillView {
    return this.#drill.status();
  }

  auditFigures(): AuditFigures {
    return this.#audits.figures();
  }

  provedAtMs(device: DeviceId): number | undefined {
    return this.#audits.provedAtMs(device);
  }
}
