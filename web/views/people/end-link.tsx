import type { ShareView } from '../../../src/model/api.ts';
import { sharing } from '../../client/sharing.ts';
import { ChangeDialog } from '../../components/change-dialog.tsx';
import { t } from '../../words/words.ts';

interface EndLinkProps {
  link: ShareView;
  onClose(): void;
  onEnded(): Promise<void>;
}

/** A link that has ended cannot be brought back: people who have it would need a new one. */
export function EndLinkDialog({ link, onClose, onEnded }: EndLinkProps) {
  const end = async () => {
    await sharing.revokeLink(link.id);
    await onEnded();
  };
  return (
    <ChangeDialog
      title={t('End the link to “{name}”?', { name: link.entryName ?? t('a deleted entry') })}
      confirm={t('End link')}
      tone="danger"
      onConfirm={end}
      onClose={onClose}
    >
      <p>{t('People who have this link can no longer open it. This cannot be undone.')}</p>
    </ChangeDialog>
  );
}
