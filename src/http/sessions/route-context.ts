import type { Clock } from '../../model/clock.ts';
import type { DeviceFront } from '../../model/contracts/device.ts';
import type { Log } from '../../model/log.ts';
import type { Slots } from '../limits/slots.ts';
import type { RequestCounts } from '../replies/request-counts.ts';
import type { Authentication } from './authentication.ts';

/** What every group of routes is built over. */
export interface RouteContext {
  front: DeviceFront;
  clock: Clock;
  log: Log;
  authentication: Authentication;
  /** What `/metrics` tells of the requests that came. */
  counts: RequestCounts;
  /** Downloads under way. */
  downloads: Slots;
  /** Largest upload that is taken, in bytes. */
  maxUploadBytes: number;
}
