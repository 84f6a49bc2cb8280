/** A place for sealed files that only this device has and that it may drop whenever it wants room: renditions of films. */

export interface RenditionFiles {
  /** Bytes in it. */
  usedBytes(): number;
  /** Bytes of a file; undefined where it is not there (any more). */
  sizeOf(id: string): Promise<number | undefined>;
  /**
   * Bytes [start, end) of a file.
   * @throws `chunk-missing` when it was dropped
   */
  read(id: string, start: number, end: number): Promise<Uint8Array>;
  /**
   * Stores a file, whole or not at all; what was used longest ago goes to make room.
   * @throws what `pieces` throws; `disk-full` when there is no room
   */
  write(id: string, pieces: AsyncIterable<Uint8Array>): Promise<void>;
}
