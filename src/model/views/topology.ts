/** Who is connected to whom, what moved between devices, and what is known of a folder before it is lent. */

export interface TopologyView {
  devices: TopologyDeviceView[];
}

/** One device of the network, as it tells about itself. */
export interface TopologyDeviceView {
  deviceId: string;
  /** Of peerstor; null where it did not tell since this device started. */
  version: string | null;
  /** Addresses of its page, HOST:PORT, those for other machines first; none of a device that only keeps copies. */
  pages: string[];
  /** The devices that it is connected to, with the round trip in ms. */
  links: TopologyLinkView[];
  /** Between it and the device that answers, since that started; null for the latter itself. */
  traffic: TrafficView | null;
}

export interface TopologyLinkView {
  deviceId: string;
  rttMs: number;
}

/** Bytes as seen from the device that answers: `sent` went to the other one. */
export interface TrafficView {
  sentBytes: number;
  receivedBytes: number;
  /** Over the last seconds. */
  sentBytesPerSecond: number;
  receivedBytesPerSecond: number;
}

/** A folder that somebody wants to lend, before it is lent. */
export interface FolderCheckView {
  /** It is not there, and would be made. */
  missing: boolean;
  /** Lent folders on the same disk: two copies there would be lost together. */
  sharesDiskWith: string[];
  /** It is on the disk of the operating system, which stops when it is full. */
  onSystemDisk: boolean;
  freeBytes: number;
  totalBytes: number;
}

/** What this device sent to others and got from them on one day of its own time. */
export interface TransferDayView {
  /** Such as 2026-11-30. */
  day: string;
  devices: { deviceId: string; sentBytes: number; receivedBytes: number }[];
}
