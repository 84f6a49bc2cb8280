/** Whole frames in order over one connection of a peer, whatever carries them. */
export interface FrameStream {
  /** Monotonic time of the last byte from the peer: the heartbeat uses it as sign of life. */
  readonly lastByteAtMs: number;
  /**
   * The next frame, or undefined when the peer sent the END frame. One reader at a time.
   * @throws `peer-unreachable` when the stream ended without an END frame, `peer-timeout`, `frame-too-large`
   */
  read(): Promise<Uint8Array | undefined>;
  /**
   * Sends one frame, made of `parts` in order. One writer at a time; the parts must not change until it resolves.
   * @throws `peer-unreachable`, `peer-timeout`, `frame-too-large`
   */
  write(parts: readonly Uint8Array[]): Promise<void>;
  /** Sends the END frame, then closes. Resolves when the peer closed too, or after a second. */
  end(): Promise<void>;
  /** Ends both directions now. */
  abort(reason: Error): void;
  /** Called once, as soon as the stream is gone. */
  onClosed(listener: (reason: Error) => void): void;
}
