import { useState } from 'preact/hooks';
import { account, inGroups, type NewFactor } from '../../client/account.ts';
import { say } from '../../client/messages.ts';
import { ChangeDialog } from '../../components/change-dialog.tsx';
import { CopyField } from '../../components/form/copy-field.tsx';
import { Field } from '../../components/form/field.tsx';
import { CurrentPasswordField } from '../../components/form/password-field.tsx';
import { SubmitForm } from '../../components/form/submit-form.tsx';
import { QrCode } from '../../components/qr-code.tsx';
import { t } from '../../words/words.ts';
import { useQuery } from '../use-query.ts';

/** A second factor: a code of an authenticator app beside the password. */
export function TotpSection() {
  const { answer, reload } = useQuery(account.me);
  const [factor, setFactor] = useState<NewFactor | null>(null);
  const [removing, setRemoving] = useState(false);
  const done = async () => {
    setFactor(null);
    await reload();
  };
  return (
    <section class="card padded" aria-labelledby="totp">
      <h2 id="totp">{t('Second factor')}</h2>
      <p class="muted">
        {t(
          'A code from an authenticator app, asked at each sign-in beside your password. It protects you from somebody who learns your password. If you lose the phone, your recovery words let you in and turn it off.',
        )}
      </p>
      {answer?.totp && (
        <>
          <p>
            <span class="badge ok">{t('on^factor')}</span> {t('Signing in asks for a code.')}
          </p>
          <div>
            <button type="button" class="button" onClick={() => setRemoving(true)}>
              {t('Turn off…')}
            </button>
          </div>
        </>
      )}
      {answer && !answer.totp && !factor && <Begin onBegun={setFactor} />}
      {factor && <Confirm factor={factor} onDone={done} onCancel={() => setFactor(null)} />}
      {removing && <RemoveDialog onClose={() => setRemoving(false)} onDone={reload} />}
    </section>
  );
}

function Begin({ onBegun }: { onBegun(factor: NewFactor): void }) {
  const [password, setPassword] = useState('');
  return (
    <SubmitForm
      submit={t('Set up')}
      busy={t('Checking…')}
      onSubmit={async () => onBegun(await account.beginTotp(password))}
    >
      <CurrentPasswordField label={t('Your password')} value={password} onInput={setPassword} />
    </SubmitForm>
  );
}

function Confirm(props: { factor: NewFactor; onDone(): Promise<void>; onCancel(): void }) {
  const { factor, onDone, onCancel } = props;
  const [code, setCode] = useState('');
  const confirm = async () => {
    await account.confirmTotp(code);
    say(t('Signing in asks for a code from now on.'));
    await onDone();
  };
  return (
    <>
      <p>
        {t(
          'Scan this with an authenticator app, or type the secret into it. Then type the six digits that it shows.',
        )}
      </p>
      <QrCode text={factor.address} label={t('QR code for an authenticator app')} />
      <CopyField label={t('Secret')} text={inGroups(factor.secret)} />
      <SubmitForm submit={t('Turn on')} busy={t('Checking…')} onSubmit={confirm}>
        <CodeField value={code} onInput={setCode} />
      </SubmitForm>
      <div>
        <button type="button" class="button quiet" onClick={onCancel}>
          {t('Cancel')}
        </button>
      </div>
    </>
  );
}

export function CodeField({ value, onInput }: { value: string; onInput(value: string): void }) {
  return (
    <Field
      label={t('Code from the app')}
      value={value}
      onInput={onInput}
      autocomplete="one-time-code"
      inputMode="numeric"
      required
      autofocus
      maxLength={7}
    />
  );
}

function RemoveDialog({ onClose, onDone }: { onClose(): void; onDone(): Promise<void> }) {
  const [password, setPassword] = useState('');
  const remove = async () => {
    await account.removeTotp(password);
    await onDone();
    say(t('Signing in asks for your password only.'));
  };
  return (
    <ChangeDialog
      title={t('Turn off the second factor?')}
      confirm={t('Turn off')}
      tone="danger"
      onConfirm={remove}
      onClose={onClose}
    >
      <CurrentPasswordField label={t('Your password')} value={password} onInput={setPassword} />
    </ChangeDialog>
  );
}
