import { useState } from 'preact/hooks';
import type { SessionView } from '../../../src/model/api.ts';
import { account } from '../../client/account.ts';
import { setupState } from '../../client/state.ts';
import { formatAgo, formatFullTime } from '../../client/words/format.ts';
import { ChangeDialog } from '../../components/change-dialog.tsx';
import { Row, Rows } from '../../components/list/rows.tsx';
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
        On {setupState.value?.deviceName ?? 'this device'}. Your other devices have lists of their own.
      </p>
      <Rows label="Where you are signed in" count={answer?.items.length} error={error} empty="Nowhere.">
        {answer?.items.map((session) => (
          <Row
            key={session.id}
            icon="devices"
            title={
              <>
                <strong>{session.device || 'A program that does not say its name'}</strong>{' '}
                {session.current && <span class="badge ok">this browser</span>}
              </>
            }
            facts={factsOf(session)}
          >
            {!session.current && (
              <button
                type="button"
                class="button danger"
                aria-label={`Sign out ${session.device || 'this program'}, ${factsOf(session)}`}
                onClick={() => setEnding(session)}
              >
                Sign out…
              </button>
            )}
          </Row>
        ))}
      </Rows>
      {ending && (
        <ChangeDialog
          title={`Sign out ${ending.device || 'this program'}?`}
          confirm="Sign out"
          tone="danger"
          onConfirm={() => end(ending)}
          onClose={() => setEnding(null)}
        >
          <p>{factsOf(ending)}. Whoever uses it must sign in again with your password.</p>
          <p>If you do not know it, change your password too.</p>
        </ChangeDialog>
      )}
    </>
  );
}

function factsOf({ address, lastUsedAt, createdAt }: SessionView): string {
  const used = lastUsedAt === null ? '' : `last used ${formatAgo(lastUsedAt)}`;
  const since = `signed in ${formatFullTime(createdAt)}`;
  return [address, used, since].filter((text) => text !== '').join(' · ');
}
