import { useState } from 'preact/hooks';
import type { SessionView } from '../../../src/model/api.ts';
import { account } from '../../client/account.ts';
import { setupState } from '../../client/state.ts';
import { formatAgo, formatFullTime } from '../../client/words/format.ts';
import { ChangeDialog } from '../../components/change-dialog.tsx';
import { Row, Rows } from '../../components/list/rows.tsx';
import { t } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';

/** Where the person is signed in at this device, each with a way to end it. */
export function SessionList() {
  const { answer, error, reload } = useQuery(account.sessions);
  const [ending, setEnding] = useState<SessionView | null>(null);
  const end = async (session: SessionView) => {
    await account.endSession(session.id);
    await reload();
  };
  return (
    <>
      <p class="muted">
        {t('On {deviceName}. Your other devices have lists of their own.', {
          deviceName: setupState.value?.deviceName ?? t('this device'),
        })}
      </p>
      <Rows
        label={t('Where you are signed in')}
        count={answer?.items.length}
        error={error}
        empty={t('Nowhere.')}
      >
        {answer?.items.map((session) => (
          <Row
            key={session.id}
            icon="devices"
            title={
              <>
                <strong>{session.device || t('A program that does not say its name')}</strong>{' '}
                {session.current && <span class="badge ok">{t('this browser')}</span>}
              </>
            }
            facts={factsOf(session)}
          >
            {!session.current && (
              <button
                type="button"
                class="button danger"
                aria-label={t('Sign out {device}, {session}', {
                  device: session.device || t('this program'),
                  session: factsOf(session),
                })}
                onClick={() => setEnding(session)}
              >
                {t('Sign out…')}
              </button>
            )}
          </Row>
        ))}
      </Rows>
      {ending && (
        <ChangeDialog
          title={t('Sign out {device}?', { device: ending.device || t('this program') })}
          confirm={t('Sign out')}
          tone="danger"
          onConfirm={() => end(ending)}
          onClose={() => setEnding(null)}
        >
          <p>
            {t('{session}. Whoever uses it must sign in again with your password.', {
              session: factsOf(ending),
            })}
          </p>
          <p>{t('If you do not know it, change your password too.')}</p>
        </ChangeDialog>
      )}
    </>
  );
}

function factsOf({ address, lastUsedAt, createdAt }: SessionView): string {
  const used = lastUsedAt === null ? '' : t('last used {ago}', { ago: formatAgo(lastUsedAt) });
  const since = t('signed in {at}', { at: formatFullTime(createdAt) });
  return [address, used, since].filter((text) => text !== '').join(' · ');
}
