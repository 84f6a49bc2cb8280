/**
 * What the bundle of a user keeps for those who may help them back in: the recovery words under a secret, and a share of
 * that secret for each trustee. Nobody opens anything with fewer shares than are needed.
 */
import {
  combineShares,
  decode,
  encode,
  hkdf,
  isFields,
  open,
  openFrom,
  randomBytes,
  seal,
  sealTo,
  splitSecret,
} from '../../../crypto/index.ts';
import type { TrusteesBody } from '../../../model/accounts/recovery-records.ts';
import { PeerstorError } from '../../../model/errors.ts';
import type { UserKeys } from '../../keys/user-keys.ts';

/** Somebody who is to hold a share. */
export interface Trustee {
  kind: 'user' | 'device';
  /** UserId or DeviceId. */
  id: string;
  /** X25519 public key. */
  sealingKey: Uint8Array;
}

const labels = {
  words: 'trustee-words/1',
  secret: 'trustee-secret/1',
  share: 'trustee-share/1',
  answer: 'trustee-answer/1',
} as const;
const secretBytes = 32;

/** @param wish.waitMs between the first sight of a request and the first share that is given */
export async function newTrustees(
  keys: UserKeys,
  words: string,
  wish: { trustees: readonly Trustee[]; needed: number; waitMs: number; nowMs: number },
): Promise<TrusteesBody> {
  const { trustees, needed, waitMs, nowMs } = wish;
  const secret = randomBytes(secretBytes);
  const pieces = await splitSecret(secret, trustees.length, needed);
  const shares = trustees.map(async ({ kind, id, sealingKey }, at) => {
    // The user is named inside: a share that is copied into the bundle of another is not given for that one.
    const plain = encode({ user: keys.user, share: pieces[at] });
    return { kind, id, sealed: await sealTo(sealingKey, labels.share, plain) };
  });
  return {
    needed,
    waitMs,
    madeAt: nowMs,
    words: sealWords(secret, words),
    secret: seal(ownKey(keys), labels.secret, secret),
    shares: await Promise.all(shares),
  };
}

/** The same trustees and shares, for words that took the place of others. */
export function trusteesOfNewWords(keys: UserKeys, body: TrusteesBody, words: string): TrusteesBody {
  return { ...body, words: sealWords(open(ownKey(keys), labels.secret, body.secret), words) };
}

/** @returns the share of a trustee. @throws `forbidden` where it is not one of this user, or for another trustee */
export async function openShare(
  sealingSecret: Uint8Array,
  user: string,
  sealed: Uint8Array,
): Promise<Uint8Array> {
  const fields = decode(await openFrom(sealingSecret, labels.share, sealed));
  if (isFields(fields) && fields.user === user && fields.share instanceof Uint8Array) return fields.share;
  throw new PeerstorError('forbidden', 'This share is not for this account.');
}

/** @param requestKey X25519, public: of whoever asked to be let in */
export function sealAnswer(requestKey: Uint8Array, request: string, share: Uint8Array): Promise<Uint8Array> {
  return sealTo(requestKey, labels.answer, encode({ request, share }));
}

/** @returns a share, or undefined for an answer that is none: others may be good */
export async function openAnswer(
  requestSecret: Uint8Array,
  request: string,
  sealed: Uint8Array,
): Promise<Uint8Array | undefined> {
  try {
    const fields = decode(await openFrom(requestSecret, labels.answer, sealed));
    return isFields(fields) && fields.request === request && fields.share instanceof Uint8Array
      ? fields.share
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The recovery words. One trustee who gave a wrong share must not keep the others from helping, so each choice of as many
 * as are needed is tried.
 * @throws `forbidden` where no choice opens them
 */
export async function wordsByShares(body: TrusteesBody, shares: readonly Uint8Array[]): Promise<string> {
  for (const chosen of choices(shares, body.needed)) {
    try {
      const secret = await combineShares(chosen);
      const fields = decode(open(keyOf(secret), labels.words, body.words));
      if (isFields(fields) && typeof fields.words === 'string') return fields.words;
    } catch {
      // The next choice may be of good ones.
    }
  }
  throw new PeerstorError(
    'forbidden',
    'The shares that were given so far open nothing: wait for another one.',
  );
}

/** Each way to choose so many of these, at most a thousand ways. */
function* choices<Item>(items: readonly Item[], count: number, left = { ways: 1000 }): Generator<Item[]> {
  if (count === 0) {
    left.ways -= 1;
    yield [];
    return;
  }
  for (const [at, item] of items.entries()) {
    if (left.ways <= 0) return;
    for (const rest of choices(items.slice(at + 1), count - 1, left)) yield [item, ...rest];
  }
}

function sealWords(secret: Uint8Array, words: string): Uint8Array {
  return seal(keyOf(secret), labels.words, encode({ words }));
}

function keyOf(secret: Uint8Array): Uint8Array {
  return hkdf(secret, 'trustee-key/1');
}

function ownKey(keys: UserKeys): Uint8Array {
  return hkdf(keys.signing.seed, 'trustee-own-key/1');
}
