import { t } from '../words/words.ts';
import { Icon } from './icon.tsx';

interface Shown {
  id: number;
  text: string;
  tone: 'neutral' | 'danger';
  undo: (() => void) | undefined;
}

export function Messages({ messages, onClose }: { messages: readonly Shown[]; onClose(id: number): void }) {
  return (
    <div class="messages" role="status">
      {messages.map(({ id, text, tone, undo }) => (
        <div key={id} class={`message ${tone}`}>
          <span>{text}</span>
          {undo && (
            <button
              type="button"
              class="button quiet"
              onClick={() => {
                undo();
                onClose(id);
              }}
            >
              {t('Undo')}
            </button>
          )}
          <button
            type="button"
            class="button quiet icon-only"
            aria-label={t('Close message')}
            onClick={() => onClose(id)}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
