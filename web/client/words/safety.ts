/** One place that turns how safe a file, or everything, is into words and a tone. */
import type { HealthView, SafetyView } from '../../../src/model/api.ts';
import { t } from '../../words/words.ts';

export type Tone = 'ok' | 'neutral' | 'warn' | 'danger';

export interface SafetyWords {
  /** The word on the badge. */
  word: string;
  /** Beside the word, or alone where there is little room; null where the word says all. */
  count: string | null;
  /** The whole sentence, for a tooltip and for people who cannot see color. */
  sentence: string;
  tone: Tone;
}

/** @param members devices in the network: with fewer than wanted, more copies cannot be had */
export function safetyWords(safety: SafetyView, members: number): SafetyWords {
  const { copies, wanted, level } = safety;
  if (copies === 0) {
    return {
      word: t('unreachable'),
      count: null,
      tone: 'danger',
      sentence: t('The devices that hold this file are off.'),
    };
  }
  if (copies >= wanted) {
    return {
      word: t('full^copies'),
      count: null,
      tone: 'ok',
      sentence: t('Full: {copies} copies on different devices.', { copies }),
    };
  }
  const count = t('{copies} of {wanted}', { copies, wanted });
  const why = members < wanted ? t('Add a device.') : t('A device is off, or a copy is being made.');
  if (level === 'safe')
    return {
      word: t('safe'),
      count,
      tone: 'neutral',
      sentence: t('Safe: {count} copies. {why}', { count, why }),
    };
  return {
    word: t('accepted'),
    count,
    tone: 'warn',
    sentence: t('Accepted: {count} copies. {why}', { count, why }),
  };
}

/** A few words about the whole network, for the line that every page shows. Green only where files are safe. */
export function networkWords({ level, chunks }: Pick<HealthView, 'level' | 'chunks'>): {
  label: string;
  tone: Tone;
} {
  if (level === 'danger') return { label: t('Needs attention'), tone: 'danger' };
  if (level === 'warn') return { label: t('Could be safer'), tone: 'warn' };
  if (chunks.total === 0) return { label: t('No files yet'), tone: 'neutral' };
  return { label: t('All files safe'), tone: 'ok' };
}
