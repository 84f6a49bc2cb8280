/**
 * The next use of a share link with a limit is counted by one device at a time: it is reserved with the connected
 * members first, and a majority of those that answer must agree (decision 0056). Two devices that are connected,
 * or that a third one connects, thus never both serve the last download. With an agreement comes what the other
 * knows of the link's uses: records that the link's key signed, so nobody can invent one.
 */
import { decode, encode, isFields } from '../../crypto/index.ts';
import { type Clock, type Random, sleep } from '../../model/clock.ts';
import type { CatalogExchange, CatalogReader } from '../../model/contracts/catalog.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import type { UseReservations } from '../../model/contracts/use-reservations.ts';
import { PeerstorError } from '../../model/errors.ts';
import { type DeviceId, deviceId, type GrantId, grantId, toHex } from '../../model/ids.ts';

const reserveMethod = 'link/reserve';
const releaseMethod = 'link/release';
/** Who does not answer by then cannot be asked. */
const answerMs = 2000;
/** A device that reserved a use and was never heard of again keeps it for so long. */
const leaseMs = 10_000;
/** So long a device tries before the guest is told to try again. */
const waitMs = 12_000;
/** A device that was turned away is expected again within this, and goes before the one that had its turn. */
const turnMs = 1000;
const pauseMsMax = 150;
/** Links of which a use is reserved here at once. */
const heldMax = 1000;
/** Each a few hundred bytes; a link has one record for each device that served it. */
const recordsMax = 256;

interface Held {
  by: DeviceId;
  token: string;
  untilMs: number;
}

interface Agreement {
  isGranted: boolean;
  records: Uint8Array[];
}

export interface LinkReservationsParts {
  catalog: CatalogReader & Pick<CatalogExchange, 'accept'>;
  transport: Transport;
  clock: Clock;
  random: Random;
}

/** Registers its handlers at once, so construct it before the transport starts. */
export class LinkReservations implements UseReservations {
  readonly #parts: LinkReservationsParts;
  readonly #held = new Map<GrantId, Held>();
  /** Who was turned away, and until when it is expected again. */
  readonly #next = new Map<GrantId, { device: DeviceId; untilMs: number }>();
  /** Who counted a use last. */
  readonly #last = new Map<GrantId, DeviceId>();

  constructor(parts: LinkReservationsParts) {
    this.#parts = parts;
    parts.transport.handle(reserveMethod, (from, body) => this.#answerReserve(from, body));
    parts.transport.handle(releaseMethod, (from, body) => this.#answerRelease(from, body));
  }

  async run<Result>(grant: GrantId, use: () => Promise<Result>): Promise<Result> {
    const { catalog, clock, random } = this.#parts;
    const token = toHex(random.bytes(8));
    const giveUpMs = clock.monotonicMs() + waitMs;
    for (;;) {
      const beganMs = clock.monotonicMs();
      const peers = this.#askable();
      const isOwn = this.#hold(grant, catalog.self, token);
      const asked = isOwn ? peers : [];
      const counts = await this.#counts(grant);
      const answers = await Promise.all(asked.map((peer) => this.#ask(peer, { grant, token, counts })));
      const heard = answers.filter((answer) => answer !== undefined);
      const agreed = heard.filter(({ isGranted }) => isGranted).length + 1;
      const isInTime = clock.monotonicMs() - beganMs < leaseMs / 2;
      const isMajority = isOwn && isInTime && agreed > (heard.length + 1) / 2;
      try {
        if (isMajority) {
          await this.#learn(heard.flatMap(({ records }) => records));
          return await use();
        }
      } finally {
        await this.#release(grant, token, { peers: asked, isUsed: isMajority });
      }
      if (clock.monotonicMs() > giveUpMs) throw busy();
      await sleep(clock, pauseMsMax * (0.2 + 0.8 * random.next()));
    }
  }

  /** Connected devices that serve such links too. One that only keeps copies counts nothing. */
  #askable(): DeviceId[] {
    const { catalog, transport } = this.#parts;
    return transport
      .peers()
      .map(({ device }) => device)
      .filter((device) => catalog.get('device', device)?.body?.storageOnly === false);
  }

  /** @returns false while another device has it, or is to have its turn */
  #hold(grant: GrantId, by: DeviceId, token: string): boolean {
    const nowMs = this.#parts.clock.monotonicMs();
    this.#forgetOld(nowMs);
    const held = this.#held.get(grant);
    const next = this.#next.get(grant);
    const isTurnOfOther = next !== undefined && next.device !== by && this.#last.get(grant) === by;
    const isOfOther = held !== undefined && !isOf(held, by, token);
    if (isOfOther || isTurnOfOther || this.#held.size >= heldMax) {
      if (next === undefined) this.#next.set(grant, { device: by, untilMs: nowMs + turnMs });
      return false;
    }
    if (next?.device === by) this.#next.delete(grant);
    this.#held.set(grant, { by, token, untilMs: nowMs + leaseMs });
    return true;
  }

  #forgetOld(nowMs: number): void {
    for (const [grant, { untilMs }] of this.#held) if (untilMs <= nowMs) this.#held.delete(grant);
    for (const [grant, { untilMs }] of this.#next) if (untilMs <= nowMs) this.#next.delete(grant);
    for (const grant of this.#last.keys()) {
      if (this.#last.size <= heldMax) break;
      this.#last.delete(grant);
    }
  }

  #free(grant: GrantId, { by, token, isUsed }: { by: DeviceId; token: string; isUsed: boolean }): void {
    if (!isOf(this.#held.get(grant), by, token)) return;
    this.#held.delete(grant);
    if (isUsed) this.#last.set(grant, by);
  }

  async #ask(
    peer: DeviceId,
    question: { grant: GrantId; token: string; counts: Record<DeviceId, number> },
  ): Promise<Agreement | undefined> {
    const options = { timeoutMs: answerMs };
    try {
      const answer = decode(await this.#parts.transport.call(peer, reserveMethod, encode(question), options));
      if (!isFields(answer) || typeof answer.granted !== 'boolean') return undefined;
      return { isGranted: answer.granted, records: bytesIn(answer.records) };
    } catch {
      // Gone, silent, or of a version that does not know the question: it cannot be asked.
      return undefined;
    }
  }

  /** Tells those who agreed that the use is counted, or was not; they know of it when this resolves, or cannot be reached. */
  async #release(
    grant: GrantId,
    token: string,
    { peers, isUsed }: { peers: readonly DeviceId[]; isUsed: boolean },
  ): Promise<void> {
    const { catalog, transport } = this.#parts;
    const own = catalog.get('use', `${grant}.${catalog.self}`);
    const body = encode({ grant, token, used: isUsed, records: isUsed && own ? [own.bytes] : [] });
    const tell = (peer: DeviceId) =>
      transport.call(peer, releaseMethod, body, { timeoutMs: answerMs }).catch(() => undefined);
    await Promise.all(peers.map(tell));
    this.#free(grant, { by: catalog.self, token, isUsed });
  }

  async #answerReserve(from: DeviceId, body: Uint8Array): Promise<Uint8Array> {
    const { grant, token, fields } = read(body);
    const counts = isFields(fields.counts) ? fields.counts : {};
    const isKnown = this.#parts.catalog.get('grant', grant) !== undefined;
    const granted = this.#mayReserve(from) && isKnown && this.#hold(grant, from, token);
    const uses = await this.#parts.catalog.usesOf(grant);
    const more = uses.filter(({ id, body }) => (body?.count ?? 0) > Number(counts[countedBy(id)] ?? 0));
    return encode({ granted, records: more.slice(0, recordsMax).map((use) => use.bytes) });
  }

  async #answerRelease(from: DeviceId, body: Uint8Array): Promise<Uint8Array> {
    const { grant, token, fields } = read(body);
    if (!isOf(this.#held.get(grant), from, token)) return encode({});
    await this.#learn(bytesIn(fields.records));
    this.#free(grant, { by: from, token, isUsed: fields.used === true });
    return encode({});
  }

  #mayReserve(device: DeviceId): boolean {
    return this.#parts.catalog.get('device', device)?.body?.storageOnly === false;
  }

  async #counts(grant: GrantId): Promise<Record<DeviceId, number>> {
    const uses = await this.#parts.catalog.usesOf(grant);
    return Object.fromEntries(uses.map(({ id, body }) => [countedBy(id), body?.count ?? 0]));
  }

  /** Signatures and rights are checked as of any record; where it stands in its log is learned with the log. */
  async #learn(records: readonly Uint8Array[]): Promise<void> {
    if (records.length > 0) await this.#parts.catalog.accept(records);
  }
}

/** @throws `bad-frame` */
function read(body: Uint8Array): { grant: GrantId; token: string; fields: Record<string, unknown> } {
  const fields = decode(body);
  if (!isFields(fields) || typeof fields.grant !== 'string' || typeof fields.token !== 'string') {
    throw new PeerstorError('bad-frame', 'The message names no link.');
  }
  return { grant: grantId(fields.grant), token: fields.token.slice(0, 64), fields };
}

function isOf(held: Held | undefined, by: DeviceId, token: string): boolean {
  return held?.by === by && held.token === token;
}

function bytesIn(list: unknown): Uint8Array[] {
  const isBytes = (one: unknown): one is Uint8Array => one instanceof Uint8Array;
  return Array.isArray(list) ? list.filter(isBytes).slice(0, recordsMax) : [];
}

/** The device in the id of a `use` record, GRANT.DEVICE. */
function countedBy(id: string): DeviceId {
  return deviceId(id.slice(id.indexOf('.') + 1));
}

function busy(): PeerstorError {
  const sentence = 'Other devices serve this link at this moment; try again in a few seconds.';
  return new PeerstorError('not-ready', sentence, { details: { retryAfterS: 5 } });
}
