/** Whether the line of this machine is paid for by volume, as NetworkManager knows it; unknown elsewhere. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const patienceMs = 2000;
const service = 'org.freedesktop.NetworkManager';
const words = ['--system', 'get-property', service, '/org/freedesktop/NetworkManager', service, 'Metered'];

/** @param answer such as `u 4`: 1 yes, 2 no, 3 guessed yes, 4 guessed no, 0 unknown. */
export function meteredOf(answer: string): boolean | undefined {
  switch (/^u (\d)/.exec(answer)?.[1]) {
    case '1':
    case '3':
      return true;
    case '2':
    case '4':
      return false;
    default:
      return undefined;
  }
}

/** undefined where nothing says it: then it counts as not metered. */
export async function isMetered(): Promise<boolean | undefined> {
  if (process.platform !== 'linux') return undefined;
  try {
    const { stdout } = await promisify(execFile)('busctl', words, { timeout: patienceMs });
    return meteredOf(stdout);
  } catch {
    return undefined;
  }
}
