/** How busy the machine of the device is that serves this page. */
import { signal } from '@preact/signals-core';
import type { SystemView } from '../../../src/model/contracts/health.ts';
import { ask } from '../request.ts';
import { feed } from '../state.ts';

export const askSystem = () => ask<SystemView>('GET', '/api/v1/system');

/** Rises every two seconds while the device can be reached. */
export const systemRevision = signal(0);
feed.listen(({ topic }) => {
  if (topic === 'system') systemRevision.value += 1;
});

/** From here on a figure is shown as a warning, and as a danger. */
export const busyShare = 0.8;
export const fullShare = 0.95;
const hotCelsius = 80;

export type Tone = '' | 'warn' | 'danger';

/** @param share 0 to 1 */
export function toneOf(share: number): Tone {
  if (share >= fullShare) return 'danger';
  return share > busyShare ? 'warn' : '';
}

export function toneOfTemperature(celsius: number): Tone {
  return celsius > hotCelsius ? 'warn' : '';
}
