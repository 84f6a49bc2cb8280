/**
 * New network secrets: makes one when a device is removed, and fetches the newest one. A secret comes with its
 * record, sealed for each device; a device that the record has no copy for asks one that has the secret.
 */
import { decode, encode, equalBytes, isFields, openFrom, sealTo } from '../../crypto/index.ts';
import type { Clock, Timer } from '../../model/clock.ts';
import type {
  CatalogAuthor,
  CatalogMembership,
  CatalogReader,
  Draft,
} from '../../model/contracts/catalog.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { isPeerstorError, PeerstorError, sentenceOf } from '../../model/errors.ts';
import { type DeviceId, deviceId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import type { SecretBody } from '../../model/records.ts';
import { type NetworkSecret, type NetworkSecrets, secretCheck } from '../home/network-secrets.ts';

const method = 'membership/secret';
const sealLabel = 'network-secret/1';
const secretBytes = 32;
/** Other devices may have the record before they have the secret. */
const askAgainMs = 10_000;

/**
 * The record of a new secret, sealed for every member but `without`.
 * @param secret 32 fresh random bytes
 */
export async function rotationDraft(
  catalog: CatalogReader,
  current: NetworkSecret,
  secret: Uint8Array,
  nowMs: number,
  without: DeviceId,
): Promise<Draft<'secret'>> {
  const epoch = 1 + Math.max(current.epoch, (await newestSecret(catalog))?.epoch ?? 0);
  const sealed: SecretBody['sealed'] = {};
  for await (const { id, body } of catalog.list('device')) {
    if (!body?.sealingKey || body.state === 'removed' || id === without) continue;
    const forIt = await sealedFor(body.sealingKey, secret);
    if (forIt) sealed[deviceId(id)] = forIt;
  }
  const body = { epoch, createdAt: nowMs, sealed, check: secretCheck(secret) };
  return { table: 'secret', id: `epoch-${epoch}`, body };
}

/**
 * undefined for an invalid key: each device names its own, and a bad one must not prevent the removal of other
 * devices.
 */
async function sealedFor(sealingKey: Uint8Array, secret: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    return await sealTo(sealingKey, sealLabel, secret);
  } catch (error) {
    if (isPeerstorError(error, 'bad-input')) return undefined;
    throw error;
  }
}

export interface SecretFollowerParts {
  catalog: CatalogAuthor & CatalogMembership;
  transport: Transport;
  secrets: NetworkSecrets;
  /** The private half of the sealing key in this device's record. */
  sealingSecret: Uint8Array;
  isMember(device: DeviceId): boolean;
  clock: Clock;
  log: Log;
}

/** Registers its handler at once, so construct it before the transport starts. */
export class SecretFollower {
  readonly #parts: SecretFollowerParts;
  #unsubscribe: (() => void)[] = [];
  #looking = Promise.resolve();
  #timer: Timer | undefined;
  #stopped = false;

  constructor(parts: SecretFollowerParts) {
    this.#parts = parts;
    parts.transport.handle(method, async (from, body) => this.#answer(from, decode(body)));
  }

  start(): void {
    const { catalog, transport } = this.#parts;
    this.#stopped = false;
    this.#unsubscribe = [
      catalog.onChange((changes) => {
        if (changes.some(({ record }) => record.table === 'secret')) this.#look();
      }),
      transport.onPeer(({ kind }) => {
        if (kind === 'connected') this.#look();
      }),
    ];
    this.#look();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    await this.#looking;
  }

  /** One look at a time: two would ask the same devices for the same secret. */
  #look(): void {
    this.#looking = this.#looking
      .then(() => this.#catchUp())
      .catch((error: unknown) => {
        const why = sentenceOf(error);
        this.#parts.log.warn({ why }, 'The newest network secret could not be taken over.');
      });
  }

  async #catchUp(): Promise<void> {
    const { catalog, clock, secrets, log } = this.#parts;
    this.#timer?.cancel();
    const newest = await newestSecret(catalog);
    if (newest === undefined || newest.epoch < secrets.current.epoch) return;
    if (catalog.isRemoved(catalog.self, [])) return;
    if (isSecretOf(newest, secrets.current.secret)) return;
    const secret = (await this.#opened(newest)) ?? (await this.#asked(newest));
    if (secret === undefined) {
      if (!this.#stopped) this.#timer = clock.after(askAgainMs, () => this.#look());
      return;
    }
    if (await secrets.learn({ epoch: newest.epoch, secret }, newest.createdAt))
      log.info({ epoch: newest.epoch }, 'The network has a new secret, which this device uses from now on.');
  }

  async #opened(newest: SecretBody): Promise<Uint8Array | undefined> {
    const { catalog, sealingSecret } = this.#parts;
    const sealed = newest.sealed[catalog.self];
    if (sealed === undefined) return undefined;
    const secret = await openFrom(sealingSecret, sealLabel, sealed).catch(() => undefined);
    return secret && isSecretOf(newest, secret) ? secret : undefined;
  }

  async #asked(newest: SecretBody): Promise<Uint8Array | undefined> {
    const { transport, log } = this.#parts;
    for (const { device } of transport.peers()) {
      try {
        const answer = decode(await transport.call(device, method, encode({ epoch: newest.epoch })));
        if (!isFields(answer) || !(answer.secret instanceof Uint8Array)) continue;
        if (isSecretOf(newest, answer.secret)) return answer.secret;
      } catch (error) {
        log.debug({ device, why: sentenceOf(error) }, 'a device did not hand over the newest network secret');
      }
    }
    return undefined;
  }

  #answer(from: DeviceId, asked: unknown): Uint8Array {
    const { secrets, isMember } = this.#parts;
    if (!isMember(from)) throw new PeerstorError('not-a-member', 'This device is not in the network.');
    const { epoch, secret } = secrets.current;
    if (!isFields(asked) || asked.epoch !== epoch) {
      throw new PeerstorError('not-found', 'This device does not have that network secret.');
    }
    return encode({ epoch, secret });
  }
}

/** The winning record of the highest epoch. */
async function newestSecret(catalog: CatalogReader): Promise<SecretBody | undefined> {
  let newest: SecretBody | undefined;
  for await (const { body } of catalog.list('secret')) {
    if (body && body.epoch > (newest?.epoch ?? 0)) newest = body;
  }
  return newest;
}

function isSecretOf({ check }: SecretBody, secret: Uint8Array): boolean {
  return (
    secret.length === secretBytes && check instanceof Uint8Array && equalBytes(secretCheck(secret), check)
  );
}
