/** The network as a picture: where devices stand, and which lines are between them. */
import type { TopologyDeviceView } from '../../../src/model/views/topology.ts';

export interface Spot {
  deviceId: string;
  /** Percent of the picture's width and height. */
  x: number;
  y: number;
}

export interface Line {
  from: string;
  to: string;
  /** The shorter round trip of the two that the devices measured. */
  rttMs: number;
}

/** On an ellipse, the first on top; two side by side, one alone in the middle. */
export function spotsOf(deviceIds: readonly string[]): Spot[] {
  if (deviceIds.length === 1) return deviceIds.map((deviceId) => ({ deviceId, x: 50, y: 50 }));
  return deviceIds.map((deviceId, index) => {
    const first = deviceIds.length === 2 ? Math.PI : -Math.PI / 2;
    const angle = (2 * Math.PI * index) / deviceIds.length + first;
    return { deviceId, x: 50 + 34 * Math.cos(angle), y: 50 + 38 * Math.sin(angle) };
  });
}

/** Each connection once, whichever of the two devices tells it; only between devices that are there. */
export function linesOf(devices: readonly TopologyDeviceView[]): Line[] {
  const known = new Set(devices.map(({ deviceId }) => deviceId));
  const lines = new Map<string, Line>();
  for (const { deviceId, links } of devices) {
    for (const { deviceId: other, rttMs } of links) {
      if (!known.has(other) || other === deviceId) continue;
      const [from, to] = deviceId < other ? [deviceId, other] : [other, deviceId];
      const before = lines.get(`${from} ${to}`);
      lines.set(`${from} ${to}`, { from, to, rttMs: Math.min(rttMs, before?.rttMs ?? rttMs) });
    }
  }
  return [...lines.values()];
}

/** The best address for a browser that is at `host`: not one that leads back to its own machine, unless it is there. */
export function pageOf(
  pages: readonly string[],
  { host, protocol }: { host: string; protocol: string },
): string | undefined {
  const isLocal = (page: string) => /^(localhost|127\.|\[::1\])/.test(page);
  const best = pages.find((page) => isLocal(page) === isLocal(host)) ?? pages.find((page) => !isLocal(page));
  return best === undefined ? undefined : `${protocol}//${best}/`;
}
