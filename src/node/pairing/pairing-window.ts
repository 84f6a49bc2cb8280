/**
 * The side that shows the code. A signed-in admin opens a window; the joining device proves with CPace that it
 * knows the eight digits, and only then receives anything, sealed under the key that both now share
 * (docs/PROTOCOL.md, pairing). A try counts when an attempt begins, so a dropped attempt costs its guesser a
 * try as well: three in a window, and no more per hour than `PairingLimits` allows.
 */
import {
  type CpaceSide,
  decode,
  encode,
  open,
  randomBytes,
  randomId16,
  seal,
  startCpace,
} from '../../crypto/index.ts';
import type { Clock, Timer } from '../../model/clock.ts';
import type { Audit } from '../../model/contracts/audit.ts';
import type { Signer } from '../../model/contracts/catalog.ts';
import { displayText } from '../../model/display-text.ts';
import { PeerstorError } from '../../model/errors.ts';
import { type DeviceId, deviceId } from '../../model/ids.ts';
import { pairingTriesMax, type Tunables } from '../../model/limits.ts';
import type { DeviceClass } from '../../model/records.ts';
import type { PairingLimits } from './pairing-limits.ts';

/** What a joining device says of itself. */
export interface JoiningDevice {
  id: DeviceId;
  name: string;
  class: DeviceClass;
  capacityBytes: number;
  place: string;
  /** It keeps copies, and nobody signs in on it. */
  storageOnly: boolean;
  /** Raw X25519: later network secrets are sealed to it. */
  sealingKey: Uint8Array;
  proof: Uint8Array;
}

/** What the joining device gets. */
export interface Welcome {
  networkId: string;
  networkSecret: Uint8Array;
  /** The number of that secret. */
  epoch: number;
  genesis: Uint8Array;
  /** Its own device record and the records that prove it, for its first hellos. */
  certificates: Uint8Array[];
  /** device id → addresses where its libp2p listens. */
  introductions: Record<string, string[]>;
}

export type StartMessage = {
  step: 'start';
  session: string;
  share: string;
  device: { id: string; name: string };
};
export type StartAnswer = {
  attempt: string;
  share: string;
  networkId: string;
  device: { id: string; name: string };
};
export type ConfirmMessage = { step: 'confirm'; attempt: string; tag: string; sealed: string };
export type ConfirmAnswer = { tag: string; sealed: string };

export const pairingChannel = new TextEncoder().encode('peerstor pairing/1');
export const joinLabel = 'pairing/join/1';
export const welcomeLabel = 'pairing/welcome/1';

/** Both sides bind their names into the exchange, so that it cannot be relayed under another name. */
export function associatedData(id: string, name: string): Uint8Array {
  return encode({ id, name });
}

const sealingKeyBytes = 32;

export const toText = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
export const toBytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'));

interface Attempt {
  id: string;
  joiner: { id: DeviceId; name: string };
  key: Uint8Array;
  myTag: Uint8Array;
  checkTag(tag: Uint8Array): boolean;
  /** The code was right: the try does not count. */
  forgive(): Promise<void>;
}

interface Window {
  code: string;
  expiresAtMs: number;
  signer: Signer;
  /** The admin's choice for whoever joins. */
  storageOnly: boolean;
  triesLeft: number;
  attempt: Attempt | undefined;
  timer: Timer;
}

export interface PairingWindowParts {
  self: { id: DeviceId; name(): string };
  networkId(): string;
  /** Writes the joining device's record as `signer` and returns what the device needs. */
  welcome(joiner: JoiningDevice, signer: Signer): Promise<Welcome>;
  limits: PairingLimits;
  audit: Audit;
  clock: Clock;
  tunables: Tunables;
}

export class PairingWindow {
  readonly #parts: PairingWindowParts;
  #window: Window | undefined;

  constructor(parts: PairingWindowParts) {
    this.#parts = parts;
  }

  /**
   * Opens a window with a new code and ends an older one.
   * @param options.storageOnly what joins by it only stores copies, whatever it asks for
   * @throws `too-many-tries`
   */
  open(signer: Signer, { storageOnly = false } = {}): { code: string; expiresAtMs: number } {
    this.#parts.limits.check();
    this.close();
    const { clock, tunables } = this.#parts;
    const code = newPairingCode();
    const expiresAtMs = clock.wallMs() + tunables.pairingWindowMs;
    const timer = clock.after(tunables.pairingWindowMs, () => this.close());
    const triesLeft = pairingTriesMax;
    this.#window = { code, expiresAtMs, signer, storageOnly, triesLeft, attempt: undefined, timer };
    return { code, expiresAtMs };
  }

  close(): void {
    this.#window?.timer.cancel();
    this.#window = undefined;
  }

  /** @throws `pairing-closed`, `wrong-pairing-code`, `too-many-tries`, `bad-input` */
  async exchange(message: unknown, from: string): Promise<StartAnswer | ConfirmAnswer> {
    const window = this.#window;
    if (!window) {
      throw new PeerstorError(
        'pairing-closed',
        'This device is not pairing now. Open a pairing window on it and use the code that it shows.',
      );
    }
    if (isStart(message)) return this.#start(window, message);
    if (isConfirm(message)) return this.#confirm(window, message, from);
    throw new PeerstorError('bad-input', 'This is not a pairing message.');
  }

  async #start(window: Window, message: StartMessage): Promise<StartAnswer> {
    // One attempt at a time; a new one ends the former, which has already cost its try.
    if (window.triesLeft === 0) {
      this.close();
      throw voided();
    }
    window.triesLeft -= 1;
    window.attempt = undefined;
    const forgive = await this.#parts.limits.count();
    const joiner = { id: deviceId(message.device.id), name: String(message.device.name).slice(0, 64) };
    const self = { id: this.#parts.self.id, name: this.#parts.self.name() };
    const side: CpaceSide = startCpace('responder', {
      code: window.code,
      channel: pairingChannel,
      sessionId: toBytes(message.session),
    });
    const agreed = side.finish(toBytes(message.share), {
      mine: associatedData(self.id, self.name),
      theirs: associatedData(joiner.id, joiner.name),
    });
    window.attempt = {
      id: randomId16(),
      joiner,
      ...agreed,
      checkTag: (tag) => agreed.checkTag(tag),
      forgive,
    };
    return {
      attempt: window.attempt.id,
      share: toText(side.share),
      networkId: this.#parts.networkId(),
      device: self,
    };
  }

  async #confirm(window: Window, message: ConfirmMessage, from: string): Promise<ConfirmAnswer> {
    const attempt = window.attempt;
    window.attempt = undefined;
    if (!attempt || attempt.id !== message.attempt || !attempt.checkTag(toBytes(message.tag))) {
      this.#parts.audit.note({
        event: 'pairing-refused',
        sentence: 'A device tried to join with a wrong pairing code.',
        from,
      });
      if (window.triesLeft === 0) {
        this.close();
        throw voided();
      }
      throw new PeerstorError(
        'wrong-pairing-code',
        `That is not the code. ${window.triesLeft} ${window.triesLeft === 1 ? 'try' : 'tries'} left.`,
      );
    }
    await attempt.forgive();
    const joiner = readJoiner(open(attempt.key, joinLabel, toBytes(message.sealed)), attempt.joiner.id);
    const welcome = await this.#parts.welcome(admitted(joiner, window), window.signer);
    this.#parts.audit.note({ event: 'device-joined', sentence: `${joiner.name} joined the network.` });
    // Another window may have been opened meanwhile; that one stays.
    if (this.#window === window) this.close();
    return { tag: toText(attempt.myTag), sealed: toText(seal(attempt.key, welcomeLabel, encode(welcome))) };
  }
}

function voided(): PeerstorError {
  return new PeerstorError(
    'pairing-closed',
    'Three wrong codes: this code is void now. Open a new pairing window for a new code.',
  );
}

/** Eight decimal digits, each equally likely. */
function newPairingCode(): string {
  const most = 4_200_000_000; // the largest multiple of 10^8 below 2^32
  for (;;) {
    const value = new DataView(randomBytes(4).slice().buffer).getUint32(0);
    if (value < most) return String(value % 100_000_000).padStart(8, '0');
  }
}

/** Digits as typed ("1234 5678", "1234-5678") → eight digits. @throws `bad-input` */
export function parsePairingCode(typed: string): string {
  const digits = typed.replace(/[\s-]/g, '');
  if (!/^\d{8}$/.test(digits)) {
    throw new PeerstorError('bad-input', 'A pairing code has eight digits, such as 1234 5678.');
  }
  return digits;
}

/** A device may ask to store copies only; that it may do more, only the admin says. */
function admitted(joiner: JoiningDevice, { storageOnly }: Window): JoiningDevice {
  return { ...joiner, storageOnly: storageOnly || joiner.storageOnly };
}

function readJoiner(bytes: Uint8Array, expected: DeviceId): JoiningDevice {
  const joiner = decode(bytes) as JoiningDevice;
  const whole =
    joiner?.id === expected &&
    isPlain(joiner.name) &&
    (joiner.class === 'always-on' || joiner.class === 'sleeper') &&
    Number.isSafeInteger(joiner.capacityBytes) &&
    joiner.capacityBytes >= 0 &&
    isPlain(joiner.place) &&
    typeof joiner.storageOnly === 'boolean' &&
    joiner.sealingKey instanceof Uint8Array &&
    joiner.sealingKey.length === sealingKeyBytes &&
    joiner.proof instanceof Uint8Array;
  if (!whole) throw new PeerstorError('bad-input', 'The joining device sent a message that cannot be read.');
  return joiner;
}

/** Text that is shown to people: short, on one line, without characters that forge what they see. */
function isPlain(text: unknown): boolean {
  return typeof text === 'string' && text.length <= 64 && displayText(text) === text;
}

function hasStrings(value: unknown, names: string[]): value is Record<string, string> {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Record<string, unknown>;
  return names.every((name) => typeof record[name] === 'string');
}

function isStart(message: unknown): message is StartMessage {
  if (!hasStrings(message, ['step', 'session', 'share']) || message.step !== 'start') return false;
  return hasStrings(message.device, ['id', 'name']);
}

function isConfirm(message: unknown): message is ConfirmMessage {
  return hasStrings(message, ['step', 'attempt', 'tag', 'sealed']) && message.step === 'confirm';
}

/** Bytes that a device signs to say that it wants to be in this network. */
