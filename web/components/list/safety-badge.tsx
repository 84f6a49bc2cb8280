import type { SafetyView } from '../../../src/model/api.ts';
import { safetyWords } from '../../client/words/safety.ts';

export function SafetyBadge({ safety, members }: { safety: SafetyView; members: number }) {
  const { word, count, sentence, tone } = safetyWords(safety, members);
  return (
    <span class={`badge ${tone}`} title={sentence}>
      <span aria-hidden="true">
        {count !== null && <span class="word">{word} · </span>}
        {count ?? word}
      </span>
      <span class="visually-hidden">{sentence}</span>
    </span>
  );
}
