import type { SafetyView } from '../../../src/model/api.ts';
import { safetyWords } from '../../client/safety.ts';

export function SafetyBadge({ safety, members }: { safety: SafetyView; members: number }) {
  const { label, sentence, tone } = safetyWords(safety, members);
  return (
    <span class={`badge ${tone}`} title={sentence}>
      <span aria-hidden="true">{label}</span>
      <span class="visually-hidden">{sentence}</span>
    </span>
  );
}
