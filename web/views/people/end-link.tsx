import type { ShareView } from '../../../src/model/api.ts';
import { sharing } from '../../client/sharing.ts';
import { ChangeDialog } from '../../components/change-dialog.tsx';

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
      title={`End the link to “${link.entryName ?? 'a deleted entry'}”?`}
      confirm="End link"
      tone="danger"
      onConfirm={end}
      onClose={onClose}
    >
      <p>People who have this link can no longer open it. This cannot be undone.</p>
    </ChangeDialog>
  );
}
