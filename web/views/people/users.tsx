import { useState } from 'preact/hooks';
import type { InviteView, UserAdminView } from '../../../src/model/api.ts';
import { sharing } from '../../client/sharing.ts';
import { user } from '../../client/state.ts';
import { formatFullTime, formatSize } from '../../client/words/format.ts';
import { bytesFrom, textOf } from '../../client/words/sizes.ts';
import { ChangeDialog } from '../../components/change-dialog.tsx';
import { DialogPanel } from '../../components/dialog.tsx';
import { CopyField } from '../../components/form/copy-field.tsx';
import { Field } from '../../components/form/field.tsx';
import { Select } from '../../components/form/select.tsx';
import { SubmitForm } from '../../components/form/submit-form.tsx';
import { Icon } from '../../components/icon.tsx';
import { Row, Rows } from '../../components/list/rows.tsx';
import { t, tLabels } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';

const roles = [
  { value: 'member', label: 'Member: has their own files' },
  { value: 'admin', label: 'Admin: also manages users and devices' },
] as const;

/** For admins: accounts and open invites. */
export function UsersView() {
  const users = useQuery(async () => (await sharing.users()).items);
  const invites = useQuery(async () =>
    (await sharing.invites()).items.filter((invite) => invite.state === 'open'),
  );
  const [inviting, setInviting] = useState(false);
  const [changing, setChanging] = useState<UserAdminView | null>(null);
  const [withdrawing, setWithdrawing] = useState<InviteView | null>(null);
  const withdraw = async (invite: InviteView) => {
    await sharing.withdrawInvite(invite.id);
    await invites.reload();
  };
  return (
    <>
      <div class="toolbar">
        <h1 class="grow">{t('Users')}</h1>
        <button type="button" class="button primary" onClick={() => setInviting(true)}>
          <Icon name="plus" />
          {t('Invite someone')}
        </button>
      </div>
      <Rows
        label={t('Users')}
        count={users.answer?.length}
        error={users.error}
        empty={t('There are no users.')}
      >
        {users.answer?.map((one) => (
          <UserRow key={one.id} user={one} onChange={() => setChanging(one)} />
        ))}
      </Rows>
      <h2>{t('Open invites')}</h2>
      <Rows
        label={t('Open invites')}
        count={invites.answer?.length}
        error={invites.error}
        empty={t('There are no open invites.')}
      >
        {invites.answer?.map((invite) => (
          <Row
            key={invite.id}
            icon="users"
            title={invite.role === 'admin' ? t('For one admin') : t('For one member')}
            facts={t('expires {at}', { at: formatFullTime(invite.expiresAt) })}
          >
            <button type="button" class="button" onClick={() => setWithdrawing(invite)}>
              {t('Withdraw…')}
            </button>
          </Row>
        ))}
      </Rows>
      {inviting && (
        <InviteDialog
          onClose={() => {
            setInviting(false);
            void invites.reload();
          }}
        />
      )}
      {withdrawing && (
        <ChangeDialog
          title={t('Withdraw this invite?')}
          confirm={t('Withdraw')}
          tone="danger"
          onConfirm={() => withdraw(withdrawing)}
          onClose={() => setWithdrawing(null)}
        >
          <p>{t('The link that you sent stops working. This cannot be undone.')}</p>
        </ChangeDialog>
      )}
      {changing && (
        <UserDialog
          user={changing}
          onClose={() => setChanging(null)}
          onDone={() => {
            setChanging(null);
            void users.reload();
          }}
        />
      )}
    </>
  );
}

function UserRow({ user: one, onChange }: { user: UserAdminView; onChange(): void }) {
  const { username, role, disabled, usedBytes, quotaBytes: quota, storedBytes } = one;
  const used =
    quota === null
      ? formatSize(usedBytes)
      : t('{copies} of {wanted}', { copies: formatSize(usedBytes), wanted: formatSize(quota) });
  return (
    <Row
      icon="users"
      title={
        <>
          <strong>{username}</strong>{' '}
          {one.id === user.value?.id && <span class="badge">{t('you^badge')}</span>}
        </>
      }
      facts={t('{role} · {used} used · {stored} with all copies', {
        role: role === 'admin' ? t('admin') : t('member'),
        used,
        stored: formatSize(storedBytes),
      })}
    >
      {disabled && <span class="badge warn">{t('disabled')}</span>}
      <button
        type="button"
        class="button quiet icon-only"
        aria-label={t('Edit {username}', { username })}
        onClick={onChange}
      >
        <Icon name="rename" />
      </button>
    </Row>
  );
}

function InviteDialog({ onClose }: { onClose(): void }) {
  const [role, setRole] = useState<UserAdminView['role']>('member');
  const [quota, setQuota] = useState('');
  const [made, setMade] = useState<InviteView | null>(null);
  const make = async () => setMade(await sharing.invite(role, bytesFrom(quota, 'GB')));
  return (
    <DialogPanel title={t('Invite someone')} onClose={onClose}>
      {made ? (
        <>
          <p>
            {t(
              'Send this link to one person, in a way that you trust. It is shown only now and expires {at}.',
              { at: formatFullTime(made.expiresAt) },
            )}
          </p>
          <CopyField label={t('Invite link')} text={`${location.origin}${made.url ?? ''}`} />
        </>
      ) : (
        <SubmitForm submit={t('Create invite')} busy={t('Creating invite…')} onSubmit={make}>
          <Select label={t('Role')} value={role} options={tLabels(roles)} onChange={setRole} />
          <QuotaField value={quota} onInput={setQuota} />
        </SubmitForm>
      )}
    </DialogPanel>
  );
}

function QuotaField(props: { value: string; onInput(value: string): void }) {
  return (
    <Field {...props} label={t('Quota in GB')} inputMode="decimal" hint={t('Leave it empty for no limit.')} />
  );
}

interface UserDialogProps {
  user: UserAdminView;
  onClose(): void;
  onDone(): void;
}

function UserDialog({ user: one, onClose, onDone }: UserDialogProps) {
  const [role, setRole] = useState(one.role);
  const [quota, setQuota] = useState(textOf(one.quotaBytes, 'GB'));
  const [disabled, setDisabled] = useState(one.disabled);
  const save = async () => {
    await sharing.changeUser(one.id, { role, quota: bytesFrom(quota, 'GB'), disabled });
    onDone();
  };
  return (
    <ChangeDialog title={t('Edit {username}', { username: one.username })} onConfirm={save} onClose={onClose}>
      <Select label={t('Role')} value={role} options={tLabels(roles)} onChange={setRole} />
      <QuotaField value={quota} onInput={setQuota} />
      <label>
        <input
          type="checkbox"
          checked={disabled}
          onChange={(event) => setDisabled(event.currentTarget.checked)}
        />{' '}
        {t('Disabled: this user cannot sign in. Their files stay.')}
      </label>
    </ChangeDialog>
  );
}
