/** What a device and its child say to each other. Both run the same version: there is no other format. */
import type { MadeMedia } from '../model/contracts/media/media-maker.ts';

/** From the device. */
export type ToChild =
  /** A content of so many bytes: read it. */
  | { kind: 'make'; size: number; limits: ChildLimits }
  /** The bytes that were asked for; fewer only at the end of the content. */
  | { kind: 'bytes'; bytes: Uint8Array };

/** From the child. */
export type FromChild =
  /** It listens. `lack` says why it cannot decode pictures. */
  | { kind: 'ready'; lack: string | null }
  /** Bytes [start, end) are wanted. */
  | { kind: 'read'; start: number; end: number }
  /** Done; null for what is neither picture nor film. */
  | { kind: 'made'; made: MadeMedia | null };

/** Tests shorten them. */
export interface ChildLimits {
  imageBytesMax: number;
  imagePixelsMax: number;
  childBytesMax: number;
}

/** True for a well-formed message of the child. Anything else means that the child is broken: it is ended. */
export function isFromChild(message: unknown): message is FromChild {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return false;
  if (message.kind === 'ready') return 'lack' in message;
  if (message.kind === 'made') return 'made' in message;
  if (message.kind !== 'read' || !('start' in message) || !('end' in message)) return false;
  const { start, end } = message;
  const isRange = Number.isSafeInteger(start) && Number.isSafeInteger(end);
  return isRange && typeof start === 'number' && typeof end === 'number' && start >= 0 && end > start;
}
