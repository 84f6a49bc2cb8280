import type { Socket } from 'node:net';

/** A WebSocket client (RFC 6455) that shows the handshake's answer and lets a test send any frame. */
export class RawWebSocket {
  /** The answer to the handshake, as text. */
  readonly answer: Promise<string>;
  /** Code of the close frame, once it came. */
  closeCode: number | undefined;
  readonly #socket: Socket;
  readonly #messages: string[] = [];
  #received = Buffer.alloc(0);
  #open = false;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(socket: Socket, path: string, headers: Record<string, string>) {
    this.#socket = socket;
    let answered: (text: string) => void;
    this.answer = new Promise((resolve) => {
      answered = resolve;
    });
    const lines = Object.entries({
      Host: 'device.local:8080',
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      ...headers,
    }).map(([name, value]) => `${name}: ${value}`);
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      const end = this.#received.indexOf('\r\n\r\n');
      if (!this.#open && end !== -1) {
        this.#open = true;
        answered(this.#received.toString('latin1'));
        this.#received = this.#received.subarray(end + 4);
      }
      if (this.#open) this.#takeFrames();
    });
    socket.on('close', () => {
      this.#ended = true;
      answered(this.#received.toString('latin1'));
      this.#wake?.();
    });
  }

  /** The next JSON message; undefined once the connection has ended. */
  async next<Shape>(): Promise<Shape | undefined> {
    while (this.#messages.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const message = this.#messages.shift();
    return message === undefined ? undefined : JSON.parse(message);
  }

  /** Sends one masked text frame of this size. */
  sendFrame(bytes: number): void {
    const head = Buffer.alloc(14);
    head[0] = 0x81;
    head[1] = 0x80 | 127;
    head.writeBigUInt64BE(BigInt(bytes), 2);
    this.#socket.write(Buffer.concat([head, Buffer.alloc(bytes, 0x20)]));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Server frames here are unmasked and shorter than 64 KiB. */
  #takeFrames(): void {
    for (;;) {
      const bytes = this.#received;
      const [first, second] = bytes;
      if (first === undefined || second === undefined) return;
      const long = second === 126;
      if (long && bytes.length < 4) return;
      const start = long ? 4 : 2;
      const end = start + (long ? bytes.readUInt16BE(2) : second);
      if (bytes.length < end) return;
      const payload = bytes.subarray(start, end);
      this.#received = bytes.subarray(end);
      const opcode = first & 0x0f;
      if (opcode === 1) this.#messages.push(payload.toString());
      if (opcode === 8) {
        // 1005: closed without a code (RFC 6455 section 7.1.5).
        this.closeCode = payload.length < 2 ? 1005 : payload.readUInt16BE(0);
        this.#socket.end();
      }
      this.#wake?.();
    }
  }
}
