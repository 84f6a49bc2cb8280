import { useState } from 'preact/hooks';
import type { PasskeyView } from '../../../src/model/views/passkeys.ts';
import { say } from '../../client/messages.ts';
import { arePasskeysPossible, passkeys } from '../../client/passkeys.ts';
import { formatFullTime } from '../../client/words/format.ts';
import { ChangeDialog } from '../../components/change-dialog.tsx';
import { Field } from '../../components/form/field.tsx';
import { SubmitForm } from '../../components/form/submit-form.tsx';
import { Row, Rows } from '../../components/list/rows.tsx';
import { t } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';

/** Passkeys, which sign in instead of the password. */
export function PasskeySection() {
  const { answer, error, reload } = useQuery(passkeys.list);
  const [renaming, setRenaming] = useState<PasskeyView | null>(null);
  const [removing, setRemoving] = useState<PasskeyView | null>(null);
  const titleOf = ({ name }: PasskeyView) => name || t('A passkey without a name');
  return (
    <section class="card padded" aria-labelledby="passkeys">
      <h2 id="passkeys">{t('Passkeys')}</h2>
      <p class="muted">
        {t(
          'Sign in by fingerprint, face or PIN instead of your password. A passkey works at the address where you add it. A new password ends all of them.',
        )}
      </p>
      <Rows
        label={t('Your passkeys')}
        count={answer?.items.length}
        error={error}
        empty={t('You have no passkey.')}
      >
        {answer?.items.map((passkey) => (
          <Row
            key={passkey.id}
            icon="check"
            title={<strong>{titleOf(passkey)}</strong>}
            facts={t('for {host} · added {at}', {
              host: passkey.host,
              at: formatFullTime(passkey.createdAt),
            })}
          >
            <button
              type="button"
              class="button"
              aria-label={t('Rename {name}', { name: titleOf(passkey) })}
              onClick={() => setRenaming(passkey)}
            >
              {t('Rename…')}
            </button>
            <button
              type="button"
              class="button danger"
              aria-label={t('Remove {name}', { name: titleOf(passkey) })}
              onClick={() => setRemoving(passkey)}
            >
              {t('Remove…')}
            </button>
          </Row>
        ))}
      </Rows>
      {arePasskeysPossible() ? (
        <Add onAdded={reload} />
      ) : (
        <p>
          {t(
            'Passkeys cannot be added at this address. They need a name such as nas.local instead of numbers, and https.',
          )}
        </p>
      )}
      {renaming && <RenameDialog passkey={renaming} onClose={() => setRenaming(null)} onDone={reload} />}
      {removing && (
        <ChangeDialog
          title={t('Remove {name}?', { name: titleOf(removing) })}
          confirm={t('Remove')}
          tone="danger"
          onConfirm={async () => {
            await passkeys.remove(removing.id);
            await reload();
          }}
          onClose={() => setRemoving(null)}
        >
          <p>{t('It signs in no more. Delete it in your browser or on the key, too.')}</p>
        </ChangeDialog>
      )}
    </section>
  );
}

function Add({ onAdded }: { onAdded(): Promise<void> }) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const add = async () => {
    await passkeys.add(name, password);
    setName('');
    setPassword('');
    say(t('The passkey has been added.'));
    await onAdded();
  };
  return (
    <SubmitForm submit={t('Add a passkey')} busy={t('Waiting for your passkey…')} onSubmit={add}>
      <Field label={t('Name of the passkey')} value={name} onInput={setName} required maxLength={60} />
      <Field
        label={t('Your password')}
        type="password"
        value={password}
        onInput={setPassword}
        autocomplete="current-password"
        required
      />
    </SubmitForm>
  );
}

function RenameDialog(props: { passkey: PasskeyView; onClose(): void; onDone(): Promise<void> }) {
  const { passkey, onClose, onDone } = props;
  const [name, setName] = useState(passkey.name);
  const rename = async () => {
    await passkeys.rename(passkey.id, name);
    await onDone();
  };
  return (
    <ChangeDialog title={t('Rename the passkey')} confirm={t('Rename')} onConfirm={rename} onClose={onClose}>
      <Field
        label={t('Name of the passkey')}
        value={name}
        onInput={setName}
        required
        maxLength={60}
        autofocus
      />
    </ChangeDialog>
  );
}
