/** HTTP and HTTPS on one port: the first byte of a connection says which of the two its client speaks. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { type Http2Sessions, spokenOverTls } from './http2-sessions.ts';

/** What a server shows to who speaks TLS. */
export interface ServerCertificates {
  /**
   * PEM of the leaf, with what stands between it and the authority, and of its key; another object when it was renewed.
   * @param servername the name that the client asks for (SNI); an address is not told
   */
  current(servername?: string): { certificate: string; privateKey: string };
  /** PEM of the authority to trust now, and its SHA-256 fingerprint as systems show it. */
  readonly authority: string;
  readonly fingerprint: string;
}

/** The first byte of a TLS handshake (RFC 8446 section 5.1). */
const handshake = 0x16;

/**
 * Lets a server of node:http, which listens or will listen, speak TLS too.
 * @param http2 gets the connections whose clients choose it
 * @param waitMs how long a client may say nothing, and how long its handshake may take
 */
export function serveTlsToo(
  server: Server,
  certificates: ServerCertificates,
  waitMs: number,
  http2: Http2Sessions,
): void {
  const [serve] = server.listeners('connection');
  if (serve === undefined) throw new Error('the server takes no connections');
  server.removeAllListeners('connection');
  const contexts = new WeakMap<object, SecureContext>();
  const contextFor = (servername?: string) => {
    const shown = certificates.current(servername);
    const context = contexts.get(shown) ?? contextOf(shown);
    contexts.set(shown, context);
    return context;
  };

  const shakeHands = (socket: Socket) => {
    const secure = new TLSSocket(socket, {
      isServer: true,
      ALPNProtocols: spokenOverTls,
      secureContext: contextFor(),
      SNICallback: (name, done) => done(null, contextFor(name)),
    });
    const drop = () => secure.destroy();
    // The server counts the socket below, which does not always end with the one above.
    secure.once('close', () => socket.destroy());
    secure.on('error', drop);
    secure.setTimeout(waitMs, drop);
    // The end of a client that leaves during the handshake is seen only by who reads.
    const look = () => {
      const early: Buffer | null = secure.read();
      if (early !== null) secure.unshift(early);
    };
    secure.on('readable', look);
    secure.once('end', drop);
    secure.once('secure', () => {
      secure.setTimeout(0);
      secure.off('timeout', drop).off('end', drop).off('readable', look);
      // As the server of node:tls does, which is not here: node:http2 would wait for it.
      Object.assign(secure, { secureConnecting: false });
      if (secure.alpnProtocol === 'h2') http2.serve(secure);
      else serve.call(server, secure);
    });
  };

  server.on('connection', (socket: Socket) => {
    const drop = () => socket.destroy();
    socket.on('error', drop);
    socket.setTimeout(waitMs, drop);
    socket.once('readable', () => {
      const first: Buffer | null = socket.read(1);
      if (first === null) return drop();
      socket.setTimeout(0);
      socket.off('timeout', drop);
      socket.unshift(first);
      if (first[0] === handshake) shakeHands(socket);
      else serve.call(server, socket);
    });
  });
}

function contextOf({ certificate, privateKey }: ReturnType<ServerCertificates['current']>) {
  return createSecureContext({ cert: certificate, key: privateKey, minVersion: 'TLSv1.2' });
}
