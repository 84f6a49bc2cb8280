/** The parts of a transport while it runs. */
import { PeerstorError } from '../../../model/errors.ts';
import type { Dialer } from '../addresses/dialer.ts';
import type { Redial } from '../addresses/redial.ts';
import type { Lanes } from '../lanes.ts';
import type { Presence } from '../presence/presence.ts';
import type { Pulse } from '../presence/pulse.ts';
import type { SealedLanes } from '../sealed/sealed-lane.ts';
import type { PeerstorNode } from './libp2p-node.ts';

/** Everything that exists only between `start` and `stop`. */
export interface Run {
  node: PeerstorNode;
  lanes: Lanes;
  dialer: Dialer;
  redial: Redial;
  presence: Presence;
  pulse: Pulse;
  useSecrets: (secrets: readonly Uint8Array[]) => void;
  sealed: SealedLanes;
  stop: AbortController;
  /** Run in reverse order. */
  cleanups: (() => void)[];
}

/** Stops them all. */
export async function end(run: Run): Promise<void> {
  run.stop.abort(new PeerstorError('not-ready', 'This device is stopping.'));
  run.redial.stop();
  run.pulse.stop();
  run.sealed.stop();
  await run.lanes.stop();
  await run.node.stop();
  for (const undo of run.cleanups.reverse()) undo();
}
