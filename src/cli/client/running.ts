/** The device that runs in a home of this machine: proved by its answer, not by a file that a killed one left. */
import { setTimeout as wait } from 'node:timers/promises';
import type { HealthzView } from '../../model/api.ts';
import { PeerstorError } from '../../model/errors.ts';
import { homeFolder, type RunFacts, readRunFacts } from '../../node/index.ts';
import { CommandFailure } from '../failure.ts';
import { Client, type GlobalOptions } from './client.ts';

const pollMs = 100;

/** @throws `peer-unreachable` where none runs, `wrong-usage` for a device elsewhere */
export async function mustRun(options: GlobalOptions, what: string): Promise<RunFacts> {
  if (options.url !== undefined) {
    throw new CommandFailure('wrong-usage', `A device is ${what} on its own machine: use --home, not --url.`);
  }
  const home = homeFolder(options.home);
  const facts = await readRunFacts(home);
  if (facts === undefined) throw new PeerstorError('peer-unreachable', `No device is running in ${home}.`);
  // A file that a killed device left may name a process that is something else by now.
  const client = await Client.connect(options);
  const alive = await client.json<HealthzView>('/healthz', { as: 'none' });
  if (alive.deviceId !== facts.deviceId) {
    throw new PeerstorError(
      'peer-unreachable',
      `Another device answers at ${facts.url}; nothing was ${what}.`,
    );
  }
  return facts;
}

/**
 * Asks again and again.
 * @returns false where it did not happen within `timeoutMs`
 */
export async function happens(check: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  for (const started = performance.now(); ; await wait(pollMs)) {
    if (await check()) return true;
    if (performance.now() - started > timeoutMs) return false;
  }
}

/** The facts of a device that started in this home after `before` was read, and answers now. */
export async function startedAfter(before: RunFacts, options: GlobalOptions): Promise<RunFacts | undefined> {
  const facts = await readRunFacts(homeFolder(options.home)).catch(() => undefined);
  // Each start makes a new secret.
  if (facts === undefined || facts.localSecret === before.localSecret) return undefined;
  try {
    const answer = await fetch(new URL('/healthz', facts.url), { signal: AbortSignal.timeout(5000) });
    return Object(await answer.json()).deviceId === facts.deviceId ? facts : undefined;
  } catch {
    return undefined;
  }
}
