/** A real device with one user, and a token by which programs of others mount its drive. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TokenView } from '../../src/model/api.ts';
import { DeviceProcess } from '../cluster/device-process.ts';
import { type Ran, type RunOptions, run } from '../support/programs.ts';

export interface Mount {
  device: DeviceProcess;
  token: TokenView & { token: string };
  /** An empty folder for what the programs need. */
  folder: string;
  /** Runs a program in that folder, with nothing of this machine's settings. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<Ran>;
  stop(): Promise<void>;
}

export async function startMount(name: string): Promise<Mount> {
  const device = await DeviceProcess.start({ name, tune: { safeWaitMs: 50 } });
  await device.setup();
  const json = { name: 'programs' };
  const token = await device.must<Mount['token']>('POST', '/api/v1/tokens', { json });
  const folder = await mkdtemp(join(tmpdir(), 'peerstor-clients-'));
  // A proxy or a certificate file of the environment must not come between a program and this device.
  const env = { HOME: folder, AWS_CA_BUNDLE: '', http_proxy: '', https_proxy: '', no_proxy: '*' };
  return {
    device,
    token,
    folder,
    run: (command, args, options = {}) =>
      run(command, args, { cwd: folder, ...options, env: { ...env, ...options.env } }),
    async stop() {
      await device.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
