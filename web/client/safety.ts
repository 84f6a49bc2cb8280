/** One place that turns how safe a file is into words and a tone. */
import type { SafetyView } from '../../src/model/api.ts';

export type Tone = 'ok' | 'neutral' | 'warn' | 'danger';

export interface SafetyWords {
  /** The word on the badge. */
  label: string;
  /** The whole sentence, for a tooltip and for people who cannot see colour. */
  sentence: string;
  tone: Tone;
}

/** @param members devices in the network: with fewer than wanted, more copies cannot be had */
export function safetyWords(safety: SafetyView, members: number): SafetyWords {
  const { copies, wanted, level } = safety;
  if (copies === 0) {
    return { label: 'unreachable', tone: 'danger', sentence: 'The devices that hold this file are off now.' };
  }
  if (copies >= wanted) {
    return { label: 'full', tone: 'ok', sentence: `Full: ${copies} copies on different devices.` };
  }
  const count = `${copies} of ${wanted}`;
  const why = members < wanted ? 'add a device' : 'a device is off, or a copy is being made';
  if (level === 'safe')
    return { label: `safe · ${count}`, tone: 'neutral', sentence: `Safe: ${count} copies; ${why}.` };
  return { label: `accepted · ${count}`, tone: 'warn', sentence: `Accepted: ${count} copies; ${why}.` };
}
