import { useState } from 'preact/hooks';
import type { RightsView, TokenView } from '../../src/model/api.ts';
import { api } from '../client/api.ts';
import { say } from '../client/messages.ts';
import { rightsWords, sharing } from '../client/sharing.ts';
import { user } from '../client/state.ts';
import { formatFullTime } from '../client/words/format.ts';
import { ChangeDialog } from '../components/change-dialog.tsx';
import { CopyField } from '../components/form/copy-field.tsx';
import { Field } from '../components/form/field.tsx';
import { CurrentPasswordField, NewPasswordField } from '../components/form/password-field.tsx';
import { Select } from '../components/form/select.tsx';
import { SubmitForm } from '../components/form/submit-form.tsx';
import { Row, Rows } from '../components/list/rows.tsx';
import { t } from '../words/words.ts';
import { AboutSection } from './account/about.tsx';
import { CertificateSection } from './account/certificate.tsx';
import { EndingChoice, usualEnding } from './account/ending-choice.tsx';
import { LanguageSection } from './account/language.tsx';
import { PasskeySection } from './account/passkeys.tsx';
import { SessionList } from './account/sessions.tsx';
import { TotpSection } from './account/totp.tsx';
import { RecoveryWords } from './gate/recovery.tsx';
import { useQuery } from './use-query.ts';

export function SettingsView() {
  const name = user.value?.username;
  // Raised when tokens may have ended, so that their list is asked for anew.
  const [changes, setChanges] = useState(0);
  const changed = () => setChanges((count) => count + 1);
  return (
    <>
      <h1>{t('Settings of {name}', { name: name ?? '' })}</h1>
      {user.value?.role === 'admin' && (
        <nav class="toolbar" aria-label={t('For admins')}>
          <a class="button" href="/users">
            {t('Users and invites')}
          </a>
          <a class="button" href="/audit">
            {t('Audit log')}
          </a>
        </nav>
      )}
      <PasswordSection onChanged={changed} />
      <RecoverySection />
      <TotpSection />
      <PasskeySection />
      <SessionSection onChanged={changed} />
      <CertificateSection />
      <LanguageSection />
      <TokenSection key={changes} />
      <AboutSection />
    </>
  );
}

function PasswordSection({ onChanged }: { onChanged(): void }) {
  const [oldPassword, setOld] = useState('');
  const [newPassword, setNew] = useState('');
  const [ending, setEnding] = useState(usualEnding);
  const change = async () => {
    await api.changePassword(oldPassword, newPassword, ending);
    setOld('');
    setNew('');
    setEnding(usualEnding);
    onChanged();
    say(t('Your password has been changed. You are signed out everywhere else.'));
  };
  return (
    <section class="card padded" aria-labelledby="password">
      <h2 id="password">{t('Password')}</h2>
      <SubmitForm submit={t('Change password')} busy={t('Changing…')} onSubmit={change}>
        <CurrentPasswordField label={t('Old password')} value={oldPassword} onInput={setOld} />
        <NewPasswordField label={t('New password')} value={newPassword} onInput={setNew} />
        <EndingChoice ending={ending} onChange={setEnding} />
      </SubmitForm>
    </section>
  );
}

/** Words that were lost, or seen by somebody, are shown again or replaced. */
function RecoverySection() {
  const [password, setPassword] = useState('');
  const [words, setWords] = useState<readonly string[] | null>(null);
  const [renewing, setRenewing] = useState(false);
  const show = async () => {
    const { recoveryCode } = await api.recoveryCode(password, false);
    setPassword('');
    setWords(recoveryCode.split(' '));
  };
  const renew = async () => {
    const { recoveryCode } = await api.recoveryCode(password, true);
    setPassword('');
    setWords(recoveryCode.split(' '));
    say(t('You have new recovery words. The old ones no longer work.'));
  };
  return (
    <section class="card padded" aria-labelledby="recovery">
      <h2 id="recovery">{t('Recovery words')}</h2>
      <p>
        {t(
          'These 24 words set a new password if you forget yours. If somebody else may have seen them, create new ones.',
        )}
      </p>
      {words && (
        <>
          <RecoveryWords words={words} username={user.value?.username ?? ''} />
          <div>
            <button type="button" class="button" onClick={() => setWords(null)}>
              {t('Hide the words')}
            </button>
          </div>
        </>
      )}
      {!words && (
        <>
          <SubmitForm submit={t('Show recovery words')} busy={t('Checking…')} onSubmit={show}>
            <CurrentPasswordField label={t('Your password')} value={password} onInput={setPassword} />
          </SubmitForm>
          <div>
            <button
              type="button"
              class="button danger"
              disabled={password === ''}
              onClick={() => setRenewing(true)}
            >
              {t('Create new words…')}
            </button>
          </div>
        </>
      )}
      {renewing && (
        <ChangeDialog
          title={t('Create new recovery words?')}
          confirm={t('Create new words')}
          tone="danger"
          onConfirm={renew}
          onClose={() => setRenewing(false)}
        >
          <p>{t('The old words stop working. This cannot be undone. Write the new ones down.')}</p>
        </ChangeDialog>
      )}
    </section>
  );
}

function SessionSection({ onChanged }: { onChanged(): void }) {
  const [asking, setAsking] = useState(false);
  const [ending, setEnding] = useState(usualEnding);
  const signOut = async () => {
    await api.signOutEverywhere(ending);
    setEnding(usualEnding);
    onChanged();
    say(t('You are signed out everywhere else.'));
  };
  return (
    <section class="card padded" aria-labelledby="sessions">
      <h2 id="sessions">{t('Sessions')}</h2>
      <SessionList />
      <p>
        {t('Lost a laptop, or signed in on a computer that is not yours? Sign out everywhere except here.')}
      </p>
      <div>
        <button type="button" class="button" onClick={() => setAsking(true)}>
          {t('Sign out everywhere else…')}
        </button>
      </div>
      {asking && (
        <ChangeDialog
          title={t('Sign out everywhere else?')}
          confirm={t('Sign out')}
          tone="danger"
          onConfirm={signOut}
          onClose={() => setAsking(false)}
        >
          <p>{t('Every other browser and program has to sign in again.')}</p>
          <EndingChoice ending={ending} onChange={setEnding} />
        </ChangeDialog>
      )}
    </section>
  );
}

const tokenRights = ['edit', 'view', 'upload'] as const satisfies readonly RightsView[];

/** Programs on other machines show a token over https only. */
function mountOrigin(): string {
  const isHere = /^(?:localhost|127[.]|\[::1\])/.test(location.hostname);
  return isHere ? location.origin : `https://${location.host}`;
}

function TokenSection() {
  const { answer: tokens, error, reload } = useQuery(async () => (await sharing.tokens()).items);
  const [made, setMade] = useState<TokenView | null>(null);
  const [name, setName] = useState('');
  const [path, setPath] = useState('/');
  const [rights, setRights] = useState<RightsView>('edit');
  const make = async () => {
    setMade(await sharing.createToken(name, rights, path));
    setName('');
    await reload();
  };
  const [revoking, setRevoking] = useState<TokenView | null>(null);
  const revoke = async (token: TokenView) => {
    await sharing.revokeToken(token.id);
    if (made?.id === token.id) setMade(null);
    await reload();
  };
  return (
    <section class="card padded" aria-labelledby="tokens">
      <h2 id="tokens">{t('Access tokens')}</h2>
      <p class="muted">
        {t(
          'For programs, instead of your password. Each token opens one folder and can be revoked by itself.',
        )}
      </p>
      {made?.token && (
        <div class="notice ok stack">
          <p>{t('Copy this token now: it is not shown again.')}</p>
          <CopyField label={t('Token “{name}”', { name: made.name })} text={made.token} />
          <p>
            {t(
              'To mount the drive (WebDAV), use the address below with any name, and the token as the password. For programs that speak S3, the token is the secret key.',
            )}
          </p>
          <CopyField label={t('WebDAV address')} text={`${mountOrigin()}/dav/`} />
          <CopyField label={t('S3 address')} text={`${mountOrigin()}/s3/`} />
          {made.accessKeyId && <CopyField label={t('S3 access key')} text={made.accessKeyId} />}
        </div>
      )}
      <Rows
        label={t('Access tokens')}
        count={tokens?.length}
        error={error}
        empty={t('You have no access tokens.')}
      >
        {tokens?.map((token) => (
          <Row
            key={token.id}
            icon="settings"
            title={<strong>{token.name}</strong>}
            facts={t('{rights} {path} · {expiry}', {
              rights: t(rightsWords[token.rights]),
              path: token.path ?? t('a deleted folder'),
              expiry:
                token.expiresAt === null
                  ? t('never expires')
                  : t('expires {at}', { at: formatFullTime(token.expiresAt) }),
            })}
          >
            <button
              type="button"
              class="button danger"
              aria-label={t('Revoke {name}', { name: token.name })}
              onClick={() => setRevoking(token)}
            >
              {t('Revoke…')}
            </button>
          </Row>
        ))}
      </Rows>
      {revoking && (
        <ChangeDialog
          title={t('Revoke “{name}”?', { name: revoking.name })}
          confirm={t('Revoke')}
          tone="danger"
          onConfirm={() => revoke(revoking)}
          onClose={() => setRevoking(null)}
        >
          <p>{t('Programs that use this token lose access. This cannot be undone.')}</p>
        </ChangeDialog>
      )}
      <SubmitForm submit={t('Create token')} busy={t('Creating token…')} onSubmit={make}>
        <div class="pair">
          <Field label={t('Purpose')} value={name} onInput={setName} required maxLength={200} />
          <Field label={t('Folder')} value={path} onInput={setPath} required />
          <Select
            label={t('The program')}
            value={rights}
            options={tokenRights.map((value) => ({ value, label: t(rightsWords[value]) }))}
            onChange={setRights}
          />
        </div>
      </SubmitForm>
    </section>
  );
}
