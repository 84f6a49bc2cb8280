/** Challenges that authenticators have to answer: each is good once, for a while, at the site where it was asked for. */
import { isIP } from 'node:net';
import { LRUCache } from 'lru-cache';
import type { Clock, Random } from '../../../model/clock.ts';
import type { PasskeyAnswer, PasskeySite } from '../../../model/contracts/own-account.ts';
import { PeerstorError } from '../../../model/errors.ts';
import type { UserId } from '../../../model/ids.ts';

/** An answer is waited for so long. */
const answerMs = 5 * 60_000;
const challengesMax = 1000;
const challengeBytes = 32;

interface Challenge {
  untilMs: number;
  host: string;
  /** Who makes a new passkey; undefined where somebody signs in. */
  maker: UserId | undefined;
}

export class Challenges {
  readonly #clock: Clock;
  readonly #random: Random;
  /** By the challenge, base64url. */
  readonly #open = new LRUCache<string, Challenge>({ max: challengesMax });

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** @throws `bad-input` where the site has no name */
  create({ host }: PasskeySite, maker?: UserId): Uint8Array<ArrayBuffer> {
    requireName(host);
    const challenge = this.#random.bytes(challengeBytes);
    const untilMs = this.#clock.monotonicMs() + answerMs;
    this.#open.set(Buffer.from(challenge).toString('base64url'), { untilMs, host, maker });
    return challenge;
  }

  /** The challenge that an answer says it answers; it is over then. @throws `gone` */
  take({ host }: PasskeySite, { credential }: PasskeyAnswer, maker?: UserId): string {
    const name = challengeIn(credential);
    const challenge = this.#open.get(name);
    this.#open.delete(name);
    const isGood = challenge && challenge.untilMs >= this.#clock.monotonicMs();
    if (isGood && challenge.host === host && challenge.maker === maker) return name;
    throw new PeerstorError('gone', 'This took too long: try again.');
  }
}

/** WebAuthn knows names, no addresses. @throws `bad-input` */
export function requireName(host: string): void {
  if (host !== '' && isIP(host.replace(/^\[|\]$/g, '')) === 0) return;
  const sentence =
    'Passkeys need a name in the address of the page, such as nas.local or localhost, not an IP address.';
  throw new PeerstorError('bad-input', sentence, { details: { field: 'passkey' } });
}

/** What the client data of an answer say; whether they are signed is checked later. */
function challengeIn(credential: unknown): string {
  try {
    const { response } = credential as { response: { clientDataJSON: string } };
    const data = JSON.parse(Buffer.from(response.clientDataJSON, 'base64url').toString());
    return String(data.challenge);
  } catch {
    return '';
  }
}
