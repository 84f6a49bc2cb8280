/** What a device's process holds on to: its heap after a collection that its inspector was asked for. */
import { once } from 'node:events';
import type { DeviceProcess } from '../test/cluster/device-process.ts';
import { MiB } from './measure.ts';

/** Environment of a device whose heap is looked at. */
export const inspected = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

export interface HeapProbe {
  /** MiB of objects and buffers that are still referenced. */
  liveMiB(): Promise<number>;
  close(): void;
}

/** @param device started with `inspected` */
export async function openHeap(device: DeviceProcess): Promise<HeapProbe> {
  const address = /Debugger listening on (ws:\S+)/.exec(device.stderr)?.[1];
  if (address === undefined) throw new Error(`${device.name} has no inspector`);
  const socket = new WebSocket(address);
  await once(socket, 'open');
  let number = 0;
  const call = async (method: string, params: object = {}): Promise<unknown> => {
    const id = ++number;
    socket.send(JSON.stringify({ id, method, params }));
    for (;;) {
      const [{ data }] = (await once(socket, 'message')) as [{ data: string }];
      const answer = JSON.parse(data) as { id?: number; result?: unknown };
      if (answer.id === id) return answer.result;
    }
  };
  return {
    liveMiB: async () => {
      await call('HeapProfiler.collectGarbage');
      const expression = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())';
      const { result } = (await call('Runtime.evaluate', { expression })) as { result: { value: number } };
      return result.value / MiB;
    },
    close: () => socket.close(),
  };
}
