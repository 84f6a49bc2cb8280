/**
 * Facts about the use of a user's sessions, for the list of sessions. They are stored beside the sessions and sealed
 * under a key of the user: each session of the user can read them, and a stolen disk tells nothing.
 */
import { decode, encode, hkdf, isFields, open, seal } from '../../crypto/index.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { UserKeys } from '../keys/user-keys.ts';

export interface SessionFacts {
  usedAtMs: number;
  /** The name of the program, in words for people. */
  device: string;
  /** IP address of its last use. */
  address: string;
}

const sealLabel = 'session-facts/1';

export function sealFacts(keys: UserKeys, facts: SessionFacts): Uint8Array {
  return seal(factsKey(keys), sealLabel, encode({ ...facts }));
}

/** undefined for damaged facts or those of another user: the session is then listed without them. */
export function openFacts(keys: UserKeys, sealed: Uint8Array): SessionFacts | undefined {
  try {
    const facts = decode(open(factsKey(keys), sealLabel, sealed));
    if (!isFields(facts)) return undefined;
    const { usedAtMs, device, address } = facts;
    if (typeof usedAtMs !== 'number' || typeof device !== 'string' || typeof address !== 'string')
      return undefined;
    return { usedAtMs, device, address };
  } catch (error) {
    if (isPeerstorError(error)) return undefined;
    throw error;
  }
}

function factsKey(keys: UserKeys): Uint8Array {
  return hkdf(keys.signing.seed, 'session-facts-key/1');
}
