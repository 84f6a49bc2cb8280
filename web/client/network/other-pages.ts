/** Where the drive is besides the device of this page: for when that does not answer. */
import { signal } from '@preact/signals-core';
import type { DeviceView } from '../../../src/model/api.ts';
import type { TopologyView } from '../../../src/model/views/topology.ts';
import { pageOf } from './topology.ts';

export interface OtherPage {
  deviceId: string;
  /** Of the device. */
  name: string;
  /** Address of its page, such as http://192.168.1.20:8080/ */
  address: string;
}

const storageKey = 'peerstor.other-pages';
const keptMax = 20;

/** The last that were known, also of devices that are off at this moment. */
export const otherPages = signal<readonly OtherPage[]>(kept());

/** What the device answered about its network. */
export function learnOtherPages(devices: readonly DeviceView[], topology: TopologyView): void {
  const pages = pagesOf(devices, topology, otherPages.value, location);
  if (JSON.stringify(pages) === JSON.stringify(otherPages.value)) return;
  otherPages.value = pages;
  write(JSON.stringify(pages));
}

/** Whoever comes to this browser next learns of no devices. */
export function forgetOtherPages(): void {
  otherPages.value = [];
  write(null);
}

/**
 * Pages of the other devices of a network.
 * @param known what was known before: it stays for devices that are still of the network, where nothing newer is known
 * @param here where this page is
 */
export function pagesOf(
  devices: readonly DeviceView[],
  topology: TopologyView,
  known: readonly OtherPage[],
  here: Pick<Location, 'host' | 'protocol'>,
): OtherPage[] {
  const told = new Map(topology.devices.map(({ deviceId, pages }) => [deviceId, pageOf(pages, here)]));
  return devices
    .filter(({ self, state }) => !self && state !== 'removed')
    .flatMap(({ id: deviceId, name }) => {
      const address = told.get(deviceId) ?? known.find((page) => page.deviceId === deviceId)?.address;
      return address === undefined ? [] : [{ deviceId, name, address }];
    })
    .slice(0, keptMax);
}

function kept(): OtherPage[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(storageKey) ?? '[]');
    return Array.isArray(found) ? found.filter(isPage) : [];
  } catch {
    return [];
  }
}

function isPage(found: unknown): found is OtherPage {
  const { deviceId, name, address } = Object(found) as Partial<OtherPage>;
  return typeof deviceId === 'string' && typeof name === 'string' && /^https?:/.test(address ?? '');
}

function write(text: string | null): void {
  try {
    if (text === null) localStorage.removeItem(storageKey);
    else localStorage.setItem(storageKey, text);
  } catch {
    // Storage is off: it holds as long as the page is open.
  }
}
