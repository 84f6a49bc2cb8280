import { signHead } from '../records/log-head.ts';
import type { Change } from '../state/change.ts';

/** Signs the head of this device's own log when the log has grown. */
export function signOwnHead(change: Change): void {
  const { networkId, identity, self, overtaken } = change.state;
  if (overtaken || change.ownSeq <= (change.headOf(self)?.seq ?? 0)) return;
  const last = change.find({ device: self, seq: change.ownSeq });
  if (last) change.heads.set(self, signHead(networkId, identity, last));
}
