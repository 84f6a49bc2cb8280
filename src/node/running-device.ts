/** A device that `startDevice` has started, as the command line sees it. */
import type { Audit } from '../model/contracts/audit.ts';

export interface ReadyFacts {
  urls: string[];
  port: number;
  p2p: string[];
  deviceId: string;
  deviceName: string;
  setupCode: string | null;
}

export interface RunningDevice {
  ready(): ReadyFacts;
  /** A sentence when a stop now would leave chunks on this device alone, else undefined. */
  unprotectedWarning(): string | undefined;
  /** The audit log of this device. */
  readonly audit: Audit;
  stop(): Promise<void>;
}
