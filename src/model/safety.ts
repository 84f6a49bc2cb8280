/** What a number of copies is called. */
import type { SafetyLevel, SafetyView } from './api.ts';

/** Copies that a level needs; `full` is what is wanted, and never less than the others. */
export function copiesOf(level: SafetyLevel, wanted: number): number {
  switch (level) {
    case 'accepted':
      return 1;
    case 'safe':
      return Math.min(2, wanted);
    case 'full':
      return wanted;
  }
}

export function safetyView(copies: number, wanted: number): SafetyView {
  const level = copies >= wanted ? 'full' : copies >= copiesOf('safe', wanted) ? 'safe' : 'accepted';
  return { level, copies, wanted };
}
