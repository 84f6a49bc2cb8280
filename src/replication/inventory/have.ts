/**
 * Asks devices whether they have chunks, many in one message. A device's answer is about its own list, so it
 * corrects the inventory at once.
 */
import type { Clock, Timer } from '../../model/clock.ts';
import { idKey } from '../../model/contracts/ordered-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import type { ChunkId, DeviceId } from '../../model/ids.ts';
import { haveIdsMax, readHaveAnswer, writeIds } from '../wire.ts';
import type { Inventory } from './inventory.ts';

/** Questions are collected for this long, or until a message is full. */
const gatherMs = 5;
const answerPatienceMs = 5000;

interface Question {
  id: ChunkId;
  resolve: (has: boolean) => void;
  reject: (error: unknown) => void;
}

interface Gathering {
  questions: Question[];
  timer: Timer;
}

export interface HaveParts {
  transport: Transport;
  inventory: Inventory;
  clock: Clock;
}

export class Have {
  readonly #parts: HaveParts;
  readonly #gathering = new Map<DeviceId, Gathering>();

  constructor(parts: HaveParts) {
    this.#parts = parts;
  }

  /** @throws `peer-unreachable`, `peer-timeout` */
  ask(device: DeviceId, id: ChunkId): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const gathering = this.#gather(device);
      gathering.questions.push({ id, resolve, reject });
      if (gathering.questions.length >= haveIdsMax) this.#send(device);
    });
  }

  #gather(device: DeviceId): Gathering {
    const known = this.#gathering.get(device);
    if (known) return known;
    const timer = this.#parts.clock.after(gatherMs, () => this.#send(device));
    const fresh: Gathering = { questions: [], timer };
    this.#gathering.set(device, fresh);
    return fresh;
  }

  #send(device: DeviceId): void {
    const gathering = this.#gathering.get(device);
    if (!gathering) return;
    this.#gathering.delete(device);
    gathering.timer.cancel();
    const { questions } = gathering;
    this.#call(device, questions).catch((error: unknown) => {
      for (const { reject } of questions) reject(error);
    });
  }

  async #call(device: DeviceId, questions: readonly Question[]): Promise<void> {
    const ids = questions.map(({ id }) => id);
    const { transport, inventory } = this.#parts;
    const body = await transport.call(device, 'chunk/have', writeIds(ids), { timeoutMs: answerPatienceMs });
    const answers = readHaveAnswer(body, ids.length);
    questions.forEach(({ id, resolve }, at) => {
      const has = answers[at] ?? false;
      inventory.set(device, idKey(id), has);
      resolve(has);
    });
  }
}
