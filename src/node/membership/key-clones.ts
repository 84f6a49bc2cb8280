/**
 * Detects two devices with one key, because somebody copied a home. Two signs: a process that had been replaced
 * is back (boot ids alternate), or the key has signed two records with one number.
 */
import type { AlertView, HealthView } from '../../model/api.ts';
import type { Clock } from '../../model/clock.ts';
import type { Audit } from '../../model/contracts/audit.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import type { DeviceId } from '../../model/ids.ts';

/** An alert disappears this long after the last sign. */
const shownMs = 60 * 60_000;
/** Boot ids remembered for each device. */
const bootIdsMax = 16;

export class KeyClones {
  readonly #clock: Clock;
  readonly #audit: Audit;
  readonly #nameOf: (device: DeviceId) => string;
  readonly #seenAtMs = new Map<DeviceId, number>();
  /** device → its boot ids, newest last. */
  readonly #bootIds = new Map<DeviceId, string[]>();

  constructor(parts: { clock: Clock; audit: Audit; nameOf: (device: DeviceId) => string }) {
    this.#clock = parts.clock;
    this.#audit = parts.audit;
    this.#nameOf = parts.nameOf;
  }

  follow(transport: Pick<Transport, 'onPeer'>): void {
    transport.onPeer(({ kind, device, bootId }) => {
      if (kind === 'connected') this.#connected(device, bootId);
    });
  }

  /** The key of this device is in two places. */
  seen(device: DeviceId): void {
    if (!this.#isShown(device))
      this.#audit.note({ event: 'key-twice', sentence: sentenceFor(this.#nameOf(device)) });
    this.#seenAtMs.set(device, this.#clock.monotonicMs());
  }

  /** The health of the network, with an alert for each such device. */
  alertIn(health: HealthView): HealthView {
    const alerts = [...this.#seenAtMs.keys()]
      .filter((device) => this.#isShown(device))
      .map((device): AlertView => {
        return {
          code: 'key-twice',
          level: 'danger',
          sentence: sentenceFor(this.#nameOf(device)),
          action: 'Stop one of the two. It asks to be paired again when it is started alone.',
        };
      });
    if (alerts.length === 0) return health;
    return { ...health, level: 'danger', alerts: [...alerts, ...health.alerts] };
  }

  #connected(device: DeviceId, bootId: string): void {
    const known = this.#bootIds.get(device) ?? [];
    if (known.includes(bootId) && known.at(-1) !== bootId) this.seen(device);
    const others = known.filter((one) => one !== bootId);
    this.#bootIds.set(device, [...others, bootId].slice(-bootIdsMax));
  }

  #isShown(device: DeviceId): boolean {
    const seenAtMs = this.#seenAtMs.get(device);
    return seenAtMs !== undefined && this.#clock.monotonicMs() - seenAtMs < shownMs;
  }
}

function sentenceFor(name: string): string {
  return `Two devices use the key of ${name}: its home was copied.`;
}
