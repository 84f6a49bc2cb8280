import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../model/clock.ts';
import type { DeviceFront } from '../model/contracts/device.ts';
import type { Log } from '../model/log.ts';
import { type AppOptions, createGatewayApp } from './gateway-app.ts';
import { stopGraceMs } from './limits/http-limits.ts';

export interface GatewayOptions extends AppOptions {
  front: DeviceFront;
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** Largest upload that is taken, in bytes; by default only the disks set a limit. */
  maxUploadBytes?: number;
  log: Log;
  clock: Clock;
}

export interface Gateway {
  /**
   * Listens; a second call gives the same address.
   * @throws node's own error with code `EADDRINUSE` when the port is taken (nothing is left open)
   */
  start(): Promise<{ host: string; port: number }>;
  /** Stops listening, lets running requests finish for a moment, then cuts them. */
  stop(): Promise<void>;
}

/** The HTTP side of one device. */
export function createGateway(options: GatewayOptions): Gateway {
  const { clock, host, port } = options;
  let running: Promise<{ app: FastifyInstance; port: number }> | undefined;

  const open = async () => {
    const { front, log, maxUploadBytes = Number.MAX_SAFE_INTEGER } = options;
    const app = await createGatewayApp({ front, log, clock, maxUploadBytes }, options);
    try {
      await app.listen({ host, port });
    } catch (error) {
      await app.close();
      throw error;
    }
    const address = app.server.address();
    return { app, port: isNetworkAddress(address) ? address.port : port };
  };

  return {
    async start() {
      running ??= open();
      try {
        return { host, port: (await running).port };
      } catch (error) {
        running = undefined;
        throw error;
      }
    },
    async stop() {
      // One that could not start has closed itself and told its caller.
      const started = await running?.catch(() => undefined);
      running = undefined;
      if (started === undefined) return;
      const { app } = started;
      const cut = clock.after(stopGraceMs, () => {
        for (const socket of app.websocketServer.clients) socket.terminate();
        app.server.closeAllConnections();
        app.http2.cut();
      });
      await app.close();
      cut.cancel();
    },
  };
}

function isNetworkAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}
