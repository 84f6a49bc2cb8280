/** The shapes of helping somebody back in. TypeScript has them in `model/views/recovery.ts`. */
import type * as recovery from '../../model/views/recovery.ts';
import {
  boolean,
  count,
  id,
  listOf,
  nullable,
  number,
  objectOf,
  oneOf,
  type Schema,
  shape,
  string,
  time,
} from './schema.ts';

export const recoveryShapes: Record<string, Schema> = {
  Trustees: objectOf<recovery.TrusteesView>({
    needed: count,
    waitHours: number,
    madeAt: time,
    trustees: listOf(
      objectOf<recovery.TrusteeView>({ kind: oneOf('user', 'device'), id, name: string, present: boolean }),
    ),
  }),
  RecoveryRequest: objectOf<recovery.RecoveryRequestView>({
    id,
    username: string,
    checkWords: string,
    device: string,
    createdAt: time,
    helpFrom: nullable(time),
    helped: boolean,
    given: count,
    needed: count,
    stopped: boolean,
  }),
  RecoveryRequests: objectOf<recovery.RecoveryRequestsView>({
    own: listOf(shape('RecoveryRequest')),
    others: listOf(shape('RecoveryRequest')),
  }),
  RecoveryState: objectOf<recovery.RecoveryStateView>({
    checkWords: string,
    given: count,
    needed: nullable(count),
    stopped: boolean,
  }),
};
