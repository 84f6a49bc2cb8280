/** The port of the page. */
import type { Gateway } from '../../http/index.ts';
import { PeerstorError } from '../../model/errors.ts';

const defaultPort = 8080;
/** Ports tried after 8080 when no port was asked for. */
const portsTried = 50;

/**
 * Starts a gateway on the port that was asked for; else on 8080 or the next free port.
 * @throws `bad-input` when the port is taken
 */
export async function startGateway(
  asked: number | undefined,
  make: (port: number) => Gateway,
): Promise<{ gateway: Gateway; port: number }> {
  const first = asked ?? defaultPort;
  const last = asked === undefined ? first + portsTried : first;
  for (let port = first; ; port++) {
    const gateway = make(port);
    try {
      return { gateway, port: (await gateway.start()).port };
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (taken && port < last) continue;
      if (!taken) throw error;
      throw new PeerstorError(
        'bad-input',
        `Port ${port} is taken. Choose another with --port, or --port 0 for any.`,
        { cause: error },
      );
    }
  }
}
