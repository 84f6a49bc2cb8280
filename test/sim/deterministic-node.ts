/**
 * Makes node:crypto and node:timers deterministic. Results of the thread pool, which arrive in any order, arrive in
 * the order of the calls, and random bytes come from the seed. Only for the simulator's own process: import it before
 * anything that uses these modules.
 */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';
import type { Random } from '../../src/model/clock.ts';

let random: Random | undefined;

/** The source of random bytes until the next call. */
export function seedNode(next: Random): void {
  random = next;
}

const verifyNow = crypto.verify;
const systemBytes = crypto.randomBytes;

type VerifyCallback = (error: Error | null, result: boolean) => void;

function verify(...parts: Parameters<typeof verifyNow> | [...Parameters<typeof verifyNow>, VerifyCallback]) {
  const [algorithm, data, key, signature, callback] = parts;
  const result = remembered(data, signature, () => verifyNow(algorithm, data, key, signature));
  if (!callback) return result;
  queueMicrotask(() => callback(null, result));
  return undefined;
}

/** Caches signature checks: every device checks each record, and one check is enough. */
const verdicts = new Map<string, boolean>();
const verdictsMax = 100_000;

function remembered(data: unknown, signature: unknown, check: () => boolean): boolean {
  if (!(data instanceof Uint8Array) || !(signature instanceof Uint8Array)) return check();
  const name = Buffer.concat([signature, data]).toString('latin1');
  let verdict = verdicts.get(name);
  if (verdict === undefined) {
    verdict = check();
    if (verdicts.size >= verdictsMax) verdicts.clear();
    if (verdict) verdicts.set(name, verdict);
  }
  return verdict;
}

function randomBytes(length: number): Buffer {
  return random ? Buffer.from(random.bytes(length)) : systemBytes(length);
}

Object.assign(crypto, { verify, randomBytes });
Object.assign(timersPromises, { setImmediate: async (value: unknown) => value });
syncBuiltinESMExports();
